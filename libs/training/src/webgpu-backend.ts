import { DeviceError, asError, messageOf } from '@ciphernet/foundation';
import * as tf from '@tensorflow/tfjs-core';

/** An open GPU, as the package engines opens it. */
export interface TrainingGpu extends Disposable {
  readonly device: GPUDevice;
  /** What it is called, for people. */
  readonly name: string;
  /** A processor that plays a GPU: right, and slower than wasm. */
  readonly isSoftware: boolean;
  /** Why it cannot be used any more; undefined while it can. */
  readonly failure: () => string | undefined;
}

/** The error of a training whose GPU failed. */
function lost({ name }: TrainingGpu, reason: string, cause?: unknown): DeviceError {
  return new DeviceError(`${reason}, while training`, {
    where: `backend webgpu on ${name}`,
    hint: 'the training goes on with another backend from its last epoch',
    cause,
  });
}

/** `error`, or where the GPU has failed the DeviceError that says so: what fails after it fails because of it. */
export function asDeviceError(gpu: TrainingGpu, error: unknown): Error {
  const failure = gpu.failure();
  if (failure === undefined || error instanceof DeviceError) return asError(error);
  return lost(gpu, failure, error);
}

/**
 * Registers TensorFlow.js' WebGPU backend (4.22) on an open device, under the name `webgpu`. Its own registration asks a
 * browser for the device. Values that are read while the device fails, which WebGPU leaves at whatever is in memory, are a
 * DeviceError instead.
 *
 * @throws Error where the packages are not installed
 */
export async function registerWebgpu(gpu: TrainingGpu): Promise<void> {
  const { globals } = await import('webgpu');
  // The backend uses WebGPU's constants and classes as globals, as a browser has them.
  Object.assign(globalThis, globals);
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  unregisterWebgpu();
  tf.registerBackend('webgpu', () => {
    const backend = inBrowser(() => new WebGPUBackend(gpu.device));
    const read = backend.read.bind(backend);
    backend.read = async (dataId) => {
      const values = await read(dataId).catch((error: unknown) => {
        throw lost(gpu, gpu.failure() ?? `reading values failed: ${messageOf(error)}`, error);
      });
      const failure = gpu.failure();
      if (failure !== undefined) throw lost(gpu, failure);
      return values;
    };
    return backend;
  });
}

/** Takes the backend away, with what it has on the device. */
export function unregisterWebgpu(): void {
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu');
}

/** Runs `construct` where `navigator.gpu` is true: the backend's constructor looks for no more, and then takes a device. */
function inBrowser<T>(construct: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: true }, configurable: true });
  try {
    return construct();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', before);
  }
}
