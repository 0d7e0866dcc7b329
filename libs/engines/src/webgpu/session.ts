import { type Batch, type BatchSource, batchSource } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { DeviceError } from '@ciphernet/foundation';
import type { EvaluateOptions } from '../engine.js';
import { finishEvaluation } from '../wasm/finish.js';
import { firstSegment } from '../wasm/segments.js';
import type { Gpu } from './device.js';
import { type LoadedCircuit, chunkWords, runOnDevice } from './evaluation.js';
import { type KnownAnswer, SELF_TEST, knownAnswer } from './known-answers.js';
import { createSegmentRunner } from './segment-runner.js';
import { createSpotChecker } from './spot-check.js';

/** A device that evaluates; one evaluation after another. */
export interface GpuSession extends Disposable {
  readonly gpu: Gpu;
  /** Puts a circuit on the device, where it stays until another takes its place. */
  load(compiled: CompiledCircuit, shard: BatchSource): Promise<LoadedCircuit>;
  evaluate(compiled: CompiledCircuit, shard: BatchSource, options: EvaluateOptions): Promise<Batch>;
  /** @throws DeviceError where the device does not give what `simd` gives */
  selfTest(): Promise<void>;
}

/** What `simd` gives in the self-test: computed once a thread. */
let answer: Promise<KnownAnswer> | undefined;

function firstDifference(a: Uint32Array, b: Uint32Array): number {
  return a.findIndex((word, i) => word !== b[i]);
}

/** Evaluates a known answer. @throws DeviceError where the residues differ from `simd`'s */
export async function assertKnownAnswer(
  session: GpuSession,
  { compiled, shard, residues }: KnownAnswer,
): Promise<void> {
  const result = await session.evaluate(compiled, batchSource(shard), {});
  const at = firstDifference(residues, result.residues);
  if (at < 0 && result.residues.length === residues.length) return;
  throw new DeviceError(`the GPU fails its self-test: residue ${at} is ${result.residues[at]}, not ${residues[at]}`, {
    where: `engine webgpu on ${session.gpu.name}`,
    hint: 'its driver or its memory is faulty: use the engine simd',
  });
}

/** A session on an open device, which it closes. */
export function createSession(gpu: Gpu): GpuSession {
  let loaded: (LoadedCircuit & { readonly tile: number }) | undefined;
  const unload = (): void => {
    loaded?.runner[Symbol.dispose]();
    loaded = undefined;
  };
  const load = async (compiled: CompiledCircuit, { header }: BatchSource): Promise<LoadedCircuit> => {
    if (loaded?.compiled === compiled && loaded.tile === header.tile) return loaded;
    unload();
    const segment = firstSegment(compiled);
    const runner = await createSegmentRunner(gpu, compiled, segment, header);
    loaded = {
      compiled,
      segment,
      tile: header.tile,
      runner,
      checker: createSpotChecker(compiled, segment, header, gpu.name),
      chunk: new Uint32Array(chunkWords(header, runner.columns)),
    };
    return loaded;
  };
  const session: GpuSession = {
    gpu,
    load,
    async evaluate(compiled, shard, options) {
      const region = await runOnDevice(gpu, await load(compiled, shard), shard, options);
      return finishEvaluation(compiled, shard, region, options);
    },
    async selfTest() {
      answer ??= knownAnswer(SELF_TEST);
      await assertKnownAnswer(session, await answer);
    },
    [Symbol.dispose]() {
      unload();
      gpu[Symbol.dispose]();
    },
  };
  return session;
}
