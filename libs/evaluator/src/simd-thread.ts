import { parentPort, workerData } from 'node:worker_threads';
import { openBatchFile } from '@ciphernet/ciphertext';
import { messageOf, parseJson } from '@ciphernet/errors';
import { compiledFromJson } from '@ciphernet/parameters';
import { planSegments } from './simd-segments.js';
import { type Region, type Unit, createShardRunner } from './simd-units.js';

/** What a helper thread is started with. `counter`: [next unit, units done, stop flag]. */
export interface SimdThreadStart {
  readonly compiled: Uint8Array;
  readonly path: string;
  readonly units: readonly Unit[];
  readonly counter: Int32Array;
  readonly region: Region;
}

export type SimdThreadReply = { readonly name: string; readonly message: string } | { readonly done: true };

/** Takes units by counting up until there are none, like every other thread of the evaluation. */
function main(start: SimdThreadStart): void {
  const compiled = compiledFromJson(parseJson(new TextDecoder().decode(start.compiled), 'circuit'), 'circuit');
  const [segment] = planSegments(compiled);
  if (segment === undefined) return;
  using shard = openBatchFile(start.path);
  const runner = createShardRunner(compiled, segment, shard);
  for (;;) {
    const unit = start.units[Atomics.add(start.counter, 0, 1)];
    if (unit === undefined || Atomics.load(start.counter, 2) === 1) return;
    runner.run(unit, start.region);
    Atomics.add(start.counter, 1, 1);
  }
}

try {
  main(workerData as SimdThreadStart);
  parentPort?.postMessage({ done: true } satisfies SimdThreadReply);
} catch (error) {
  const name = error instanceof Error ? error.name : 'Error';
  parentPort?.postMessage({ name, message: messageOf(error) } satisfies SimdThreadReply);
}
