import type { BatchHeader } from '@ciphernet/artifacts';
import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { Segment } from '../wasm/segments.js';
import { WORKGROUP } from './shaders.js';

/** Bytes of a packed row, for one coefficient: four digits of four rows. */
export const PACKED_ROW_BYTES = 16;

/**
 * Most device memory for the features, packed rows and outputs that are worked on together; larger shards go through in more
 * pieces. A few hundred coefficients of every layer keep any GPU busy, and several threads share one.
 */
const MOST_BYTES = 128 * 2 ** 20;

/** Bytes that a coefficient takes in each buffer. */
export interface ColumnBytes {
  /** Its residues as the shard holds them. */
  readonly input: number;
  /** Packed rows before each map; every second one shares a buffer. */
  readonly packed: readonly number[];
  readonly output: number;
}

/** Packed rows of each component before each map of a segment that begins with features. */
export function packedRowsBefore(segment: Segment): number[] {
  return segment.maps.map((_, i) =>
    i === 0 ? Math.ceil(segment.inputRows / 4) : elementAt(segment.maps, i - 1).laid.rows / 4,
  );
}

/** What a coefficient takes. */
export function columnBytes(segment: Segment): ColumnBytes {
  return {
    input: 4 * segment.inputComponents * segment.inputRows,
    packed: packedRowsBefore(segment).map((rows, i) => PACKED_ROW_BYTES * elementAt(segment.maps, i).components * rows),
    output: 4 * segment.outputComponents * segment.outputRows,
  };
}

/** The largest of every second entry, from `first`; at least a packed row. */
export function largestOfEverySecond(bytes: readonly number[], first: 0 | 1): number {
  return Math.max(PACKED_ROW_BYTES, ...bytes.filter((_, i) => i % 2 === first));
}

/**
 * Coefficients worked on together: a power of two that divides N, whole tiles, as many as fit.
 *
 * @param limits of the device, in bytes
 * @throws UnsupportedError where not even one tile fits
 */
export function columnsPerPiece(
  segment: Segment,
  { ringDegree, tile }: Pick<BatchHeader, 'ringDegree' | 'tile'>,
  limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number },
): number {
  const { input, packed, output } = columnBytes(segment);
  const buffers = [input, largestOfEverySecond(packed, 0), largestOfEverySecond(packed, 1), output];
  const all = buffers.reduce((sum, bytes) => sum + bytes, 0);
  const largest = Math.max(...buffers);
  const bound = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const least = Math.max(tile, WORKGROUP);
  let columns = ringDegree;
  while (columns > least && (columns * largest > bound || columns * all > MOST_BYTES)) columns /= 2;
  if (columns * largest <= bound) return columns;
  throw new UnsupportedError(
    `${columns} coefficients take ${columns * largest} bytes in one buffer, the GPU allows ${bound}`,
    {
      where: 'engine webgpu',
      hint: 'use the engine simd',
    },
  );
}
