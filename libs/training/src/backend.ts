import util from 'node:util';
import { elementAt } from '@ciphernet/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { registerWasmConvGradient } from './wasm-conv-gradient.js';
import { registerWasmMatMul } from './wasm-matmul.js';
import { type TrainingGpu, registerWebgpu } from './webgpu-backend.js';

/** Backends of TensorFlow.js, by their packages. */
export type BackendName = 'tfjs-node-gpu' | 'tfjs-node' | 'webgpu' | 'wasm' | 'cpu';

/** The backend that is the current one. */
export interface SelectedBackend {
  readonly tf: typeof tf;
  readonly name: BackendName;
  /** One line: what was taken and why each better one was not. */
  readonly reason: string;
}

/** `webgpu` is none of them: whether it is better than those behind it has to be measured ({@link chooseBackend}). */
const BEST_FIRST: readonly BackendName[] = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'];

/**
 * Makes the best backend that works the current one. `candidates` narrows the choice (tests, or a
 * user who wants the same bits everywhere: native and wasm results differ in the last places).
 *
 * @param gpu what `webgpu` runs on; stays open
 * @throws Error naming why each candidate does not start, when none does
 */
export async function selectBackend(
  candidates: readonly BackendName[] = BEST_FIRST,
  gpu?: TrainingGpu,
): Promise<SelectedBackend> {
  const refused: string[] = [];
  for (const name of candidates) {
    try {
      const taken = await start(name, gpu);
      return { tf, name, reason: [taken, ...refused].join('; ') };
    } catch (error) {
      refused.push(`${name} not usable: ${firstLine(error)}`);
    }
  }
  throw new Error(
    `selectBackend: none of [${candidates.join(', ')}] starts (${refused.join('; ')}). ` +
      'Install @tensorflow/tfjs-backend-wasm next to @tensorflow/tfjs-core, same version.',
  );
}

async function start(name: BackendName, gpu: TrainingGpu | undefined): Promise<string> {
  switch (name) {
    case 'tfjs-node-gpu':
    case 'tfjs-node':
      return startNative(name);
    case 'wasm':
      await import('@tensorflow/tfjs-backend-wasm');
      await activate('wasm');
      registerWasmConvGradient();
      registerWasmMatMul();
      return 'took wasm (one thread, with our gradient kernels)';
    case 'webgpu':
      if (gpu === undefined) throw new Error('no GPU was opened for it');
      await registerWebgpu(gpu);
      await activate('webgpu');
      return `took webgpu (${gpu.name})`;
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      await activate('cpu');
      return 'took cpu (plain JavaScript, over 100 times slower than wasm to train)';
  }
}

async function startNative(name: 'tfjs-node-gpu' | 'tfjs-node'): Promise<string> {
  // A variable specifier keeps TypeScript and bundlers from resolving a package that is not a
  // dependency: its install step downloads libtensorflow and fails where that host is not reached.
  const specifier: string = `@tensorflow/${name}`;
  // Version 4.22 calls it; Node 24 has it no more.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  await import(specifier);
  await activate('tensorflow');
  if (name === 'tfjs-node') return 'took tfjs-node (libtensorflow on the CPU)';
  const native = tf.backend() as unknown as { readonly isUsingGpuDevice?: boolean };
  return native.isUsingGpuDevice === true
    ? 'took tfjs-node-gpu (libtensorflow on a GPU)'
    : 'took tfjs-node-gpu (libtensorflow found no GPU and runs on the CPU)';
}

async function activate(engineName: string): Promise<void> {
  if (!(await tf.setBackend(engineName))) {
    throw new Error(`tf.setBackend('${engineName}') returned false: its initialisation failed`);
  }
  await tf.ready();
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return elementAt(text.split('\n', 1), 0);
}
