import { DeviceError, asError, messageOf } from '@ciphernet/foundation';
import { type BackendName, type SelectedBackend, selectBackend } from './backend.js';
import type { ProbedStep } from './probe.js';
import { type TrainingGpu, asDeviceError, unregisterWebgpu } from './webgpu-backend.js';

/** What a user may ask a worker to train with. */
export type BackendChoice = 'auto' | BackendName;

/** What the choice of a backend looks at. */
export interface BackendSearch {
  readonly wanted: BackendChoice;
  /** Opens the GPU; undefined where there is none, or none that may be used. */
  readonly openGpu: (() => Promise<TrainingGpu>) | undefined;
  /** Backend that a run began with which is to go on; undefined for a new one. */
  readonly begunWith: string | undefined;
  /** A step of what is to be trained, on the current backend. */
  readonly step: () => Promise<ProbedStep>;
}

/** The current backend; disposing of it closes its GPU. */
export interface ChosenBackend extends SelectedBackend, Disposable {
  /** The error itself, or where it comes of a failed GPU a DeviceError that says so. */
  readonly explain: (error: unknown) => Error;
}

/** Largest distance between two backends' gradients of a step, as a share of its norm: sums are rounded in another order. */
const TOLERANCE = 1e-3;

function onCores(backend: SelectedBackend): ChosenBackend {
  return { ...backend, explain: asError, [Symbol.dispose]: () => undefined };
}

function onGpu(backend: SelectedBackend, gpu: TrainingGpu): ChosenBackend {
  return {
    ...backend,
    explain: (error) => asDeviceError(gpu, error),
    [Symbol.dispose]() {
      unregisterWebgpu();
      gpu[Symbol.dispose]();
    },
  };
}

/** Distance of two gradients as a share of the second one's norm. */
export function gradientDistance(found: Float32Array, expected: Float32Array): number {
  let squares = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    squares += (value - (found[i] ?? NaN)) ** 2;
    norm += value * value;
  });
  return Math.sqrt(squares / norm);
}

const inMilliseconds = ({ seconds }: ProbedStep): string => `${(1000 * seconds).toFixed(1)} ms`;

/**
 * Takes `webgpu` where a step on it gives the rival's gradient and is faster; of a run that began with it, whatever the speed.
 *
 * @throws DeviceError saying why it is not taken; the GPU is closed then
 */
async function takeGpu(gpu: TrainingGpu, rival: BackendName, search: BackendSearch): Promise<ChosenBackend> {
  const refuse = (what: string): DeviceError => new DeviceError(what, { where: gpu.name });
  try {
    if (gpu.isSoftware) throw refuse('the only GPU is software');
    const expected = await search.step();
    const selected = await selectBackend(['webgpu'], gpu);
    const found = await search.step();
    const distance = gradientDistance(found.gradient, expected.gradient);
    if (!(distance < TOLERANCE)) throw refuse(`its gradient is ${distance.toExponential(1)} off that of ${rival}`);
    const figures = `a step in ${inMilliseconds(found)}, on ${rival} in ${inMilliseconds(expected)}`;
    if (search.begunWith !== 'webgpu' && found.seconds >= expected.seconds) throw refuse(`not faster: ${figures}`);
    return onGpu({ ...selected, reason: `${selected.reason}: ${figures}` }, gpu);
  } catch (error) {
    unregisterWebgpu();
    gpu[Symbol.dispose]();
    throw asDeviceError(gpu, error);
  }
}

async function fastest(search: BackendSearch): Promise<ChosenBackend> {
  const { openGpu, begunWith } = search;
  const mayTakeGpu = begunWith === undefined || begunWith === 'webgpu';
  if (openGpu === undefined || !mayTakeGpu) return onCores(await selectBackend());
  const refused: string[] = [];
  if (begunWith === undefined) {
    try {
      return onCores(await selectBackend(['tfjs-node-gpu']));
    } catch (error) {
      refused.push(messageOf(error));
    }
  }
  const rival = await selectBackend(['tfjs-node', 'wasm', 'cpu']);
  try {
    return await takeGpu(await openGpu(), rival.name, search);
  } catch (error) {
    const { name, reason } = await selectBackend([rival.name]);
    refused.push(`webgpu not taken: ${messageOf(error)}`);
    return onCores({ ...rival, name, reason: [reason, ...refused].join('; ') });
  }
}

/**
 * Makes a backend the current one for a run of training: the one that is wanted, or with `auto` the fastest. That is
 * tfjs-node-gpu where it is installed; then `webgpu` where a step of this run is measured to be faster on a GPU (of hardware)
 * than on the best backend without one; and else that one. A run that began with wasm goes on with it. Nothing of WebGPU is
 * loaded where there is no GPU.
 *
 * @throws Error where a backend that is asked for by name does not start
 */
export async function chooseBackend(search: BackendSearch): Promise<ChosenBackend> {
  const { wanted, openGpu, begunWith } = search;
  // A run goes on with what it began with, whatever is wanted of new ones: its weights are those of one that was never stopped.
  if (begunWith === 'wasm' || begunWith === 'cpu') return onCores(await selectBackend([begunWith]));
  if (wanted === 'auto') return fastest(search);
  if (wanted !== 'webgpu') return onCores(await selectBackend([wanted]));
  const gpu = await openGpu?.();
  try {
    const selected = await selectBackend(['webgpu'], gpu);
    if (gpu === undefined) return onCores(selected);
    return onGpu(selected, gpu);
  } catch (error) {
    gpu?.[Symbol.dispose]();
    throw error;
  }
}
