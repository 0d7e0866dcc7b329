import type { IntegerMap } from '@ciphernet/compiler';
import { UnsupportedError, elementAt } from '@ciphernet/foundation';

/**
 * Most Σ (|low| + |high|) over the digits of an output's weights. Digits of residues are at most 128, the bias counts as one more
 * weight, and carries add at most a 255th: 128 · (2^24 − 2^17 + 1) · 256/255 < 2^31. No map of 65,536 features and weights of 10
 * bits, the most that a circuit may have, comes near it.
 */
export const MAX_DIGIT_SUM = 2 ** 24 - 2 ** 17;

/** A linear map as the kernel reads it: outputs in fours, inputs in packed rows of four. */
export interface QuadMap {
  /** Groups of four outputs; the rows of the output tile are theirs in sequence. */
  readonly quads: number;
  /** [quad]: first of `rows`, how many of them, first vector of `weights`, 0. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** Packed rows that quads read; quads of one block share theirs. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Vectors of four outputs' words, each four signed bytes for the rows of a packed row; equal quads share them. */
  readonly weights: Uint32Array<ArrayBuffer>;
  /** Some weight has more than 8 bits: a second vector with the high digits follows each. */
  readonly isWide: boolean;
  /** Output of the map by row; −1 in padding. */
  readonly outputOf: Int32Array;
}

/** The signed low digit in base 256, −128 to 127. */
function lowDigit(weight: number): number {
  return (weight << 24) >> 24;
}

/** Words of a list that grows. */
function growing(): { readonly push: (words: Uint32Array) => number; readonly all: () => Uint32Array<ArrayBuffer> } {
  const parts: Uint32Array[] = [];
  let length = 0;
  return {
    push(words) {
      const at = length;
      parts.push(words);
      length += words.length;
      return at;
    },
    all() {
      // A storage buffer has at least one vector.
      const all = new Uint32Array(Math.max(4, length));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
  };
}

/**
 * Lays a map out.
 *
 * @param rowOfInput row of each input in the tile before
 * @param rowOf row of each output, blocks in their order, each from a multiple of four
 * @param rows of the output tile, a multiple of four
 * @throws UnsupportedError where an output's sum could leave an int32
 */
export function layOutQuads(map: IntegerMap, rowOfInput: Int32Array, rowOf: Int32Array, rows: number): QuadMap {
  const isWide = map.blocks.some(({ weights }) => weights.some((weight) => lowDigit(weight) !== weight));
  const vectors = isWide ? 2 : 1;
  const quads = rows / 4;
  const table = new Uint32Array(4 * quads);
  const outputOf = new Int32Array(rows).fill(-1);
  rowOf.forEach((row, output) => (outputOf[row] = output));
  const rowList = growing();
  const weightList = growing();
  const known = new Map<string, number>();
  for (const block of map.blocks) {
    const inputRows = block.inputs.map((input) => elementAt(rowOfInput, input));
    const packedRows = [...new Set(inputRows.map((row) => row >> 2))].sort((a, b) => a - b);
    const placeOf = new Map(packedRows.map((row, place) => [row, place]));
    const firstRow = rowList.push(Uint32Array.from(packedRows));
    const width = block.inputs.length;
    for (let from = 0; from < block.outputs.length; from += 4) {
      const bytes = new Int8Array(16 * vectors * packedRows.length);
      for (let o = from; o < Math.min(from + 4, block.outputs.length); o++) {
        let digitSum = 0;
        let largest = 0;
        inputRows.forEach((row, i) => {
          const weight = elementAt(block.weights, o * width + i);
          const low = lowDigit(weight);
          const high = (weight - low) / 256;
          const at = 16 * vectors * (placeOf.get(row >> 2) ?? 0) + 4 * (o - from) + (row & 3);
          bytes[at] = low;
          if (isWide) bytes[at + 16] = high;
          digitSum += Math.abs(low) + Math.abs(high);
          largest = Math.max(largest, high);
        });
        // A weight of 10 bits has a high digit of at most 2; one of 16 bits could have 128, which is no signed byte.
        if (digitSum > MAX_DIGIT_SUM || largest > 127) {
          throw new UnsupportedError('the weights of an output are beyond the accumulator’s bound', {
            where: 'engine webgpu',
            hint: 'use the engine simd',
          });
        }
      }
      const words = new Uint32Array(bytes.buffer);
      const key = Buffer.from(bytes.buffer).toString('latin1');
      const weightsAt = known.get(key) ?? weightList.push(words) / 4;
      known.set(key, weightsAt);
      const quad = elementAt(rowOf, elementAt(block.outputs, from)) >> 2;
      table.set([firstRow, packedRows.length, weightsAt, 0], 4 * quad);
    }
  }
  return { quads, table, rows: rowList.all(), weights: weightList.all(), isWide, outputOf };
}
