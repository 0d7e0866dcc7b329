import type { IntegerMap } from '@ciphernet/compiler';
import { describe, expect, it } from '@jest/globals';
import { columnsPerPiece } from '../src/webgpu/memory.js';
import { MAX_DIGIT_SUM, layOutQuads } from '../src/webgpu/quads.js';
import { planSegments } from '../src/wasm/segments.js';
import { rawCase } from './raw-case.js';

function mapOf(inputs: number, outputs: number, weightOf: (output: number, input: number) => number): IntegerMap {
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const weights = range(outputs).flatMap((output) => range(inputs).map((input) => weightOf(output, input)));
  return {
    inputs,
    outputs,
    scale: 1,
    bias: new Float64Array(outputs),
    blocks: [{ outputs: range(outputs), inputs: range(inputs), weights: Int16Array.from(weights) }],
  };
}

const rows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

describe('a map for the GPU', () => {
  it('has a byte for each of four weights of four outputs, and zeros where rows or outputs are missing', () => {
    const map = mapOf(6, 2, (output, input) => (output + 1) * (input - 3));
    const { table, rows: packedRows, weights, isWide, outputOf } = layOutQuads(map, rows(6), rows(2), 4);
    expect(isWide).toBe(false);
    expect([...outputOf]).toEqual([0, 1, -1, -1]);
    expect([...table]).toEqual([0, 2, 0, 0]);
    expect([...packedRows.subarray(0, 2)]).toEqual([0, 1]);
    const bytes = [...new Int8Array(weights.buffer)];
    expect(bytes.slice(0, 16)).toEqual([-3, -2, -1, 0, -6, -4, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(bytes.slice(16, 32)).toEqual([1, 2, 0, 0, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('splits weights beyond 8 bits in two signed digits', () => {
    const all = [-511, -129, -128, 127, 128, 384, 511];
    const { weights, isWide } = layOutQuads(
      mapOf(all.length, 1, (_, input) => all[input] ?? 0),
      rows(all.length),
      rows(1),
      4,
    );
    const bytes = new Int8Array(weights.buffer);
    expect(isWide).toBe(true);
    // Vectors of a packed row: four outputs' low digits, then their high ones.
    const weightOf = (input: number): number => {
      const at = 32 * (input >> 2) + (input & 3);
      return (bytes[at] ?? 0) + 256 * (bytes[at + 16] ?? 0);
    };
    expect(all.map((_, input) => weightOf(input))).toEqual(all);
  });

  it('shares equal weights between the positions of a convolution', () => {
    const one = mapOf(4, 4, (output, input) => output - input).blocks[0];
    if (one === undefined) throw new Error('no block');
    const blocks = [one, { ...one, outputs: [4, 5, 6, 7], inputs: [4, 5, 6, 7] }];
    const map = { ...mapOf(8, 8, () => 0), blocks };
    const { table, weights } = layOutQuads(map, rows(8), rows(8), 8);
    expect([...table]).toEqual([0, 1, 0, 0, 1, 1, 0, 0]);
    expect(weights.length).toBe(4);
  });

  it('keeps sums within an int32 at the largest bound, carries and bias included, and refuses what is beyond it', () => {
    const most = 128 * (MAX_DIGIT_SUM + 1);
    const carried = most + (most >> 8) + (most >> 16) + (most >> 24) + 4;
    expect(carried).toBeLessThan(2 ** 31);
    expect(() =>
      layOutQuads(
        mapOf(1, 1, () => 2 ** 15 - 1),
        rows(1),
        rows(1),
        4,
      ),
    ).toThrow(/beyond the accumulator/);
  });
});

describe('a piece of a shard', () => {
  const { shard, ...compiled } = rawCase({ widths: [30, 12, 5], primeBits: [30] }, 1);
  const segment = planSegments(compiled)[0];
  if (segment === undefined) throw new Error('no segment');
  const roomy = { maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 30 };

  it('is as large as the device allows, whole tiles, and a power of two', () => {
    expect(columnsPerPiece(segment, { ringDegree: 8192, tile: 4 }, roomy)).toBe(8192);
    // The largest buffer takes 2 components of 8 packed rows of 16 bytes: 256 bytes a coefficient.
    const small = { ...roomy, maxStorageBufferBindingSize: 256 * 1500 };
    expect(columnsPerPiece(segment, { ringDegree: 8192, tile: 4 }, small)).toBe(1024);
  });

  it('is refused where one tile is more than the device allows', () => {
    const tiny = { ...roomy, maxBufferSize: 256 * 1000 };
    expect(() => columnsPerPiece(segment, shard.header, { ...tiny, maxBufferSize: 256 * 50 })).toThrow(/in one buffer/);
    expect(() => columnsPerPiece(segment, { ringDegree: 1024, tile: 1024 }, tiny)).toThrow(/the GPU allows 256000/);
  });
});
