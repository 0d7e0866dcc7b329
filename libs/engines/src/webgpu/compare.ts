import { batchSource } from '@ciphernet/artifacts';
import type { ChosenEngine, Machine } from '../choose-engine.js';
import type { Gpu } from './device.js';
import { SPEED_TEST, knownAnswer } from './known-answers.js';
import { assertKnownAnswer, createSession } from './session.js';

const RUNS = 3;

/**
 * Tests a GPU, times it against `simd` on all cores, both from memory, and closes it.
 *
 * @throws DeviceError where it fails its self-test
 */
export async function compareOn(gpu: Gpu, { cores, speedTest = SPEED_TEST }: Machine): Promise<ChosenEngine> {
  using session = createSession(gpu);
  await session.selfTest();
  const answer = await knownAnswer(speedTest);
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
  return own < simd
    ? { name: 'webgpu', device: gpu.name, reason: `${gpu.name} passes its self-test and takes ${figures}` }
    : { name: 'simd', reason: `${gpu.name} takes ${figures}` };
}
