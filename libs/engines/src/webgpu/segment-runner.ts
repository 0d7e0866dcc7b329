import type { BatchHeader } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { DeviceError, settleAll, elementAt, nameOf } from '@ciphernet/foundation';
import type { Segment } from '../wasm/segments.js';
import { type Gpu, saidBy } from './device.js';
import { type Lane, createLane } from './lanes.js';
import { columnBytes, columnsPerPiece } from './memory.js';
import { type SegmentBuffers, createSegmentBuffers } from './segment-buffers.js';
import { type MapKernel, PACK_SHADER, WORKGROUP, mapShader } from './shaders.js';

/** Pieces that the device may have before it: one that it works on, and the next, which is read meanwhile. */
const IN_FLIGHT = 2;

/** Writes a piece's residues, [tile][component][feature][coefficient of the tile], in order; what is written is not read back. */
export type Fill = (target: Uint32Array<ArrayBuffer>) => void;

/** What a piece gives: [component][row][columns] canonical residues, and the largest input that was not below its prime, or 0. */
export type OnPiece = (rows: Uint32Array, largest: number) => void;

/** A segment on the device, for shards of one layout. */
export interface SegmentRunner extends Disposable {
  /** Coefficients of a piece. */
  readonly columns: number;
  /**
   * Hands a piece to the device, and waits only where too many are before it. Pieces are done in their order. What `fill` throws
   * is thrown, and nothing handed over.
   */
  submit(primeIndex: number, fill: Fill, onPiece: OnPiece): Promise<void>;
  /** Resolves when all pieces are done. @throws DeviceError of one that failed */
  settled(): Promise<void>;
  /** 8-bit multiply-adds of one coefficient, all components, padding and second digits of weights included. */
  readonly multiplyAddsPerCoefficient: number;
  /** The kernels alone, on whatever was handed over last. */
  kernels(encoder: GPUCommandEncoder, primeIndex: number): void;
}

/** A kernel with its bindings for each prime. */
interface Step {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: (primeIndex: number) => GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** Compiled kernels of a device. */
const compiledKernels = new WeakMap<Gpu, Map<string, GPUComputePipeline>>();

function pipelineOf(gpu: Gpu, code: string): GPUComputePipeline {
  const kernels = compiledKernels.get(gpu) ?? new Map<string, GPUComputePipeline>();
  compiledKernels.set(gpu, kernels);
  const known = kernels.get(code);
  if (known !== undefined) return known;
  const module = gpu.device.createShaderModule({ code });
  const pipeline = gpu.device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  kernels.set(code, pipeline);
  return pipeline;
}

function createStep(
  gpu: Gpu,
  code: string,
  primes: number,
  resources: (primeIndex: number) => readonly (GPUBuffer | GPUBufferBinding)[],
  workgroups: Step['workgroups'],
): Step {
  const pipeline = pipelineOf(gpu, code);
  const layout = pipeline.getBindGroupLayout(0);
  const groups = Array.from({ length: primes }, (_, primeIndex) =>
    gpu.device.createBindGroup({
      layout,
      entries: resources(primeIndex).map((resource, binding) => ({
        binding,
        resource: 'buffer' in resource ? resource : { buffer: resource },
      })),
    }),
  );
  return { pipeline, bindings: (primeIndex) => elementAt(groups, primeIndex), workgroups };
}

function createSteps(gpu: Gpu, segment: Segment, buffers: SegmentBuffers, columns: number): Step[] {
  const { primes, inputComponents, inputRows } = segment;
  const x = columns / WORKGROUP;
  const pack = createStep(
    gpu,
    PACK_SHADER,
    primes,
    (p) => [buffers.shape(p, 0), buffers.input, buffers.packed(0), buffers.largest],
    [x, Math.ceil(inputRows / 4), inputComponents],
  );
  const maps = buffers.maps.map(({ quads, components, table, rows, weights, biases }, i) => {
    const isLast = i === buffers.maps.length - 1;
    const kernel: MapKernel = { components, isWide: quads.isWide, isLast };
    const results = isLast ? buffers.output : buffers.packed(i + 1);
    return createStep(
      gpu,
      mapShader(kernel),
      primes,
      (p) => [buffers.shape(p, i + 1), buffers.packed(i), table, rows, weights, biases(p), results],
      [x, quads.quads, isLast ? components : 1],
    );
  });
  return [pack, ...maps];
}

/** Four digits of four rows by four outputs an entry, in each component; twice that where weights have two digits. */
function multiplyAddsOf({ maps }: SegmentBuffers): number {
  return maps.reduce((sum, { quads, components }) => {
    const entries = quads.table.reduce((all, word, i) => all + (i % 4 === 1 ? word : 0), 0);
    return sum + 64 * entries * components * (quads.isWide ? 2 : 1);
  }, 0);
}

/** Runs `body` and turns what the device says of it into an error. */
async function checked<T>(gpu: Gpu, what: string, body: () => T): Promise<T> {
  const { device } = gpu;
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let outcome: { readonly value: T } | { readonly error: unknown };
  try {
    outcome = { value: body() };
  } catch (error) {
    outcome = { error };
  }
  // A device that is lost has no scopes any more.
  const pop = (): Promise<GPUError | null> => device.popErrorScope().catch(() => null);
  const scoped = [await pop(), await pop()].find((error) => error !== null);
  if (scoped === undefined && 'value' in outcome) return outcome.value;
  const cause: unknown = scoped ?? ('error' in outcome ? outcome.error : undefined);
  if (nameOf(cause) === 'UnsupportedError') throw cause;
  throw deviceError(gpu, what, cause);
}

function deviceError(gpu: Gpu, what: string, cause: unknown): DeviceError {
  const reason = gpu.failure() ?? saidBy(cause);
  return new DeviceError(`${what}: ${reason}`, { where: `engine webgpu on ${gpu.name}`, cause });
}

/**
 * Compiles the kernels, reserves the memory and writes a segment's weights to the device.
 *
 * @throws DeviceError where the device is lost or out of memory; UnsupportedError where it is too small for a tile
 */
export async function createSegmentRunner(
  gpu: Gpu,
  compiled: CompiledCircuit,
  segment: Segment,
  header: BatchHeader,
): Promise<SegmentRunner> {
  const { device } = gpu;
  const columns = columnsPerPiece(segment, header, device.limits);
  const bytes = columnBytes(segment);
  const outputBytes = columns * bytes.output;
  const failed = (cause: unknown): DeviceError => deviceError(gpu, 'an evaluation on the GPU failed', cause);
  const { buffers, steps, lanes } = await checked(gpu, 'the circuit does not go on the GPU', () => {
    const made = createSegmentBuffers(device, compiled, segment, columns, header.tile);
    return {
      buffers: made,
      steps: createSteps(gpu, segment, made, columns),
      lanes: Array.from({ length: IN_FLIGHT }, () => ({
        lane: createLane(device, { input: columns * bytes.input, output: outputBytes + 4 }, failed),
        done: Promise.resolve(),
      })),
    };
  });
  let next = 0;
  const kernels = (encoder: GPUCommandEncoder, primeIndex: number): void => {
    const pass = encoder.beginComputePass();
    for (const { pipeline, bindings, workgroups } of steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings(primeIndex));
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
  };
  const enqueue = (primeIndex: number, { upload, readback }: Lane): void => {
    try {
      // The queue does all in order: the device's buffers can serve one piece after another.
      device.queue.writeBuffer(buffers.largest, 0, new Uint32Array(1));
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(upload, 0, buffers.input, 0, upload.size);
      kernels(encoder, primeIndex);
      encoder.copyBufferToBuffer(buffers.output, 0, readback, 0, outputBytes);
      encoder.copyBufferToBuffer(buffers.largest, 0, readback, outputBytes, 4);
      device.queue.submit([encoder.finish()]);
    } catch (cause) {
      throw failed(cause);
    }
  };
  return {
    columns,
    kernels,
    multiplyAddsPerCoefficient: multiplyAddsOf(buffers),
    async submit(primeIndex, fill, onPiece) {
      const own = elementAt(lanes, next++ % IN_FLIGHT);
      await own.done;
      const { lane } = own;
      const words = lane.words();
      if (words.length === 0) throw failed('its memory is gone');
      try {
        fill(words);
      } catch (error) {
        // A device that is lost takes its memory away.
        throw words.length === 0 ? failed(error) : error;
      }
      lane.close();
      enqueue(primeIndex, lane);
      own.done = lane.settle((words) => onPiece(words.subarray(0, outputBytes / 4), words[outputBytes / 4] ?? 0));
      // Awaited before the lane is used again and in `settled`; until then a failure must not count as unhandled.
      own.done.catch(() => undefined);
    },
    async settled() {
      try {
        await settleAll(lanes.map(({ done }) => done));
      } finally {
        for (const own of lanes) own.done = Promise.resolve();
      }
    },
    [Symbol.dispose]() {
      buffers[Symbol.dispose]();
      for (const { lane } of lanes) lane[Symbol.dispose]();
    },
  };
}
