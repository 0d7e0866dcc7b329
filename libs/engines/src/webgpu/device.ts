import { DeviceError, messageOf } from '@ciphernet/foundation';
import type { create } from 'webgpu';
import { type Adapter, NO_ADAPTER, adaptersIn } from './adapters.js';

/** WebGPU's constants; they are no globals outside a browser (https://www.w3.org/TR/webgpu/#buffer-usage). */
export const BUFFER_USAGE = {
  mapRead: 0x1,
  mapWrite: 0x2,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
} as const;
/** https://www.w3.org/TR/webgpu/#namespacedef-gpumapmode */
export const MAP_READ = 0x1;
export const MAP_WRITE = 0x2;

/** An open device, until it is disposed of or lost. */
export interface Gpu extends Disposable {
  readonly device: GPUDevice;
  /** What it is called, for people. */
  readonly name: string;
  /** A processor that plays a GPU, like SwiftShader: right, and never faster than `simd`. */
  readonly isSoftware: boolean;
  /** Why it cannot be used any more; undefined while it can. */
  readonly failure: () => string | undefined;
}

/** The message of an error or of WebGPU's GPUError, which is none; a line for people. */
export function saidBy(cause: unknown): string {
  const hasMessage = typeof cause === 'object' && cause !== null && 'message' in cause;
  return messageOf(hasMessage ? String(cause.message) : cause);
}

/** Model and driver, in a line of at most 100 characters; WebGPU gives the model as an identifier. */
function nameOf(model: string, driver: string): string {
  const known = [model.replace(/-+$/, ''), driver === '' ? '' : `(${driver})`].filter((text) => text !== '');
  return messageOf(known.join(' ')).slice(0, 100);
}

const HINT = 'use the engine simd, which needs no GPU';

async function loadPackage(): Promise<typeof create> {
  try {
    return (await import('webgpu')).create;
  } catch (cause) {
    throw new DeviceError(`the package webgpu does not load: ${saidBy(cause)}`, {
      where: 'engine webgpu',
      hint: HINT,
      cause,
    });
  }
}

/** GPUs that this process sees, software among them, in Dawn's order; none where there is no driver. */
export async function listGpus(): Promise<readonly Adapter[]> {
  const gpu = (await loadPackage())([`adapter=${NO_ADAPTER}`]);
  try {
    await gpu.requestAdapter();
    return [];
  } catch (answer) {
    return adaptersIn(answer instanceof Error ? answer.message : String(answer));
  }
}

/**
 * Opens a GPU that Vulkan, Metal or Direct3D 12 has. The native library is loaded in this file and only here.
 *
 * @param adapter default: the fastest
 * @throws DeviceError where the package, a driver or a GPU is missing
 */
export async function openGpu(adapter?: Adapter): Promise<Gpu> {
  const gpu = (await loadPackage())(
    adapter === undefined ? [] : [`backend=${adapter.backend}`, `adapter=${adapter.name}`],
  );
  const fail = (what: string, cause?: unknown): DeviceError =>
    new DeviceError(what, { where: 'engine webgpu', hint: HINT, cause });
  const found = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch((cause: unknown) => {
    throw fail(`no GPU adapter: ${saidBy(cause)}`, cause);
  });
  if (found === null) throw fail('no GPU adapter: there is no GPU, or its Vulkan driver or loader is missing');
  if (!gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product')) throw fail('the GPU has no dot4I8Packed');
  const { maxBufferSize, maxStorageBufferBindingSize } = found.limits;
  const device = await found
    .requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } })
    .catch((cause: unknown) => {
      throw fail(`the GPU cannot be opened: ${saidBy(cause)}`, cause);
    });
  let failure: string | undefined;
  void device.lost.then(({ reason, message }) => {
    failure ??= `the GPU was lost: ${reason}, ${messageOf(message)}`;
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    failure ??= `the GPU failed: ${saidBy(error)}`;
  });
  const { description, device: model, vendor, isFallbackAdapter } = found.info;
  return {
    device,
    name: nameOf(model, description) || vendor,
    isSoftware:
      isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|microsoft basic render/i.test(`${model} ${description}`),
    failure: () => failure,
    [Symbol.dispose]() {
      device.destroy();
      // Dawn ends with the last reference to it: the device's event loop needs it until here.
      void gpu;
    },
  };
}
