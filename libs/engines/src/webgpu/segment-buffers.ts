import type { CompiledCircuit } from '@ciphernet/compiler';
import { elementAt, lastOf } from '@ciphernet/foundation';
import { powerModulo } from '@ciphernet/ring';
import { biasInteger } from '../engine.js';
import { biasFactor, centredBias, powersOf } from '../wasm/program.js';
import type { Segment } from '../wasm/segments.js';
import { BUFFER_USAGE } from './device.js';
import { columnBytes, largestOfEverySecond, packedRowsBefore } from './memory.js';
import { type QuadMap, layOutQuads } from './quads.js';

/** What a binding may start at: a multiple of this many bytes (minUniformBufferOffsetAlignment and the storage's). */
const ALIGNMENT = 256;

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** p^−1 mod 2^32 by Newton: an odd p is its own inverse to 3 bits, and each step doubles the bits. */
function inverseModuloWord(prime: number): number {
  let inverse = prime;
  for (let i = 0; i < 4; i++) inverse = Math.imul(inverse, 2 - Math.imul(prime, inverse));
  return inverse >>> 0;
}

/** Biases of a map for one prime, by row. */
function biasesOf(
  compiled: CompiledCircuit,
  { index, power, quads, prime }: { index: number; power: number; quads: QuadMap; prime: number },
): Int32Array {
  const { bias } = elementAt(compiled.circuit.maps, index);
  const { scaleBefore } = elementAt(compiled.plan.maps, index);
  const factor = biasFactor(power, prime);
  return Int32Array.from(quads.outputOf, (output) =>
    output < 0 ? 0 : centredBias(biasInteger(elementAt(bias, output), scaleBefore), factor, prime),
  );
}

/** A linear map on the device. */
export interface MapBuffers {
  readonly quads: QuadMap;
  readonly components: number;
  readonly table: GPUBuffer;
  readonly rows: GPUBuffer;
  readonly weights: GPUBuffer;
  /** Of one prime. */
  readonly biases: (primeIndex: number) => GPUBufferBinding;
}

/** All that a segment keeps on the device. */
export interface SegmentBuffers extends Disposable {
  readonly maps: readonly MapBuffers[];
  readonly input: GPUBuffer;
  /** What each map reads: two buffers in turns. */
  readonly packed: (map: number) => GPUBuffer;
  readonly output: GPUBuffer;
  /** A word: the largest residue that was not below its prime. */
  readonly largest: GPUBuffer;
  /** The shader's `Shape` for a prime; `step` 0 packs, step i + 1 is map i. */
  readonly shape: (primeIndex: number, step: number) => GPUBufferBinding;
}

const SHAPE_WORDS = 8;

function layOut(compiled: CompiledCircuit, { maps, inputRows }: Segment): QuadMap[] {
  let rowOf: Int32Array = Int32Array.from({ length: inputRows }, (_, row) => row);
  return maps.map(({ index, laid }) => {
    const quads = layOutQuads(elementAt(compiled.circuit.maps, index), rowOf, laid.rowOf, laid.rows);
    rowOf = laid.rowOf;
    return quads;
  });
}

/**
 * Reserves a segment's memory on the device and writes what is the same for every shard.
 *
 * @param columns coefficients worked on together
 * @param tile coefficients of the shard's tiles
 */
export function createSegmentBuffers(
  device: GPUDevice,
  compiled: CompiledCircuit,
  segment: Segment,
  columns: number,
  tile: number,
): SegmentBuffers {
  const owned: GPUBuffer[] = [];
  const make = (size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size, usage });
    owned.push(buffer);
    return buffer;
  };
  const filled = (words: Uint32Array<ArrayBuffer>, usage: number = BUFFER_USAGE.storage): GPUBuffer => {
    const buffer = make(words.byteLength, usage | BUFFER_USAGE.copyTarget);
    device.queue.writeBuffer(buffer, 0, words);
    return buffer;
  };
  const primes = compiled.plan.parameters.primes.slice(0, segment.primes);
  const powers = powersOf(segment);
  const layouts = layOut(compiled, segment);
  const maps = layouts.map((quads, i): MapBuffers => {
    const { index, components } = elementAt(segment.maps, i);
    const bytes = aligned(16 * quads.quads);
    const all = new Uint32Array((bytes / 4) * primes.length);
    primes.forEach((prime, p) =>
      all.set(biasesOf(compiled, { index, power: elementAt(powers, i).input, quads, prime }), (p * bytes) / 4),
    );
    const biases = filled(all);
    return {
      quads,
      components,
      table: filled(quads.table),
      rows: filled(quads.rows),
      weights: filled(quads.weights),
      biases: (primeIndex) => ({ buffer: biases, offset: primeIndex * bytes, size: 16 * quads.quads }),
    };
  });
  const steps = maps.length + 1;
  const groups = packedRowsBefore(segment);
  const shapes = new Uint32Array((ALIGNMENT / 4) * steps * primes.length);
  primes.forEach((prime, p) => {
    const factor = powerModulo(2 ** 32 % prime, lastOf(powers).output + 1, prime);
    const centred = factor > prime / 2 ? factor - prime : factor;
    for (let step = 0; step < steps; step++) {
      const map = Math.max(0, step - 1);
      const own = [prime, inverseModuloWord(prime), centred, columns, tile, segment.inputRows];
      shapes.set([...own, elementAt(groups, map), elementAt(layouts, map).quads], (ALIGNMENT / 4) * (p * steps + step));
    }
  });
  const shape = filled(shapes, BUFFER_USAGE.uniform);
  const bytes = columnBytes(segment);
  const pair = ([0, 1] as const).map((first) =>
    make(columns * largestOfEverySecond(bytes.packed, first), BUFFER_USAGE.storage),
  );
  return {
    maps,
    input: make(columns * bytes.input, BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget),
    packed: (map) => elementAt(pair, map % 2),
    output: make(columns * bytes.output, BUFFER_USAGE.storage | BUFFER_USAGE.copySource),
    largest: make(4, BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget),
    shape: (primeIndex, step) => ({
      buffer: shape,
      offset: ALIGNMENT * (primeIndex * steps + step),
      size: 4 * SHAPE_WORDS,
    }),
    [Symbol.dispose]() {
      for (const buffer of owned) buffer.destroy();
    },
  };
}
