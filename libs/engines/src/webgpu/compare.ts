import { batchSource } from '@ciphernet/artifacts';
import type { Gpu } from './device.js';
import type { KnownAnswer } from './known-answers.js';
import { assertKnownAnswer, createSession } from './session.js';

const RUNS = 3;

/** How a GPU compares with `simd`. */
export interface Comparison {
  readonly isFaster: boolean;
  /** Times of both, for people. */
  readonly figures: string;
}

/**
 * Tests a GPU, times it against `simd` on all cores, both from memory, and closes it.
 *
 * @param answerOf gives what both are timed on
 * @throws DeviceError where it fails its self-test
 */
export async function compareOn(gpu: Gpu, cores: number, answerOf: () => Promise<KnownAnswer>): Promise<Comparison> {
  using session = createSession(gpu);
  await session.selfTest();
  const answer = await answerOf();
  await assertKnownAnswer(session, answer);
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = performance.now();
    await session.evaluate(answer.compiled, batchSource(answer.shard), {});
    times.push(performance.now() - from);
  }
  const own = Math.min(...times);
  const simd = (1000 * answer.seconds) / cores;
  const figures = `${own.toFixed(1)} ms for what takes simd ${simd.toFixed(1)} ms on ${cores} cores`;
  return { isFaster: own < simd, figures };
}
