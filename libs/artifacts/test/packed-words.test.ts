import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packWords, packedBytes, packedReader, unpackWords } from '../src/packed-words.js';

/** As many words as are packed at a time. */
const PIECE = 2 ** 14;

function wordsOf(count: number, bits: number, seed: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> (32 - bits);
  });
}

describe('words that are packed', () => {
  it('stand one after the other, least significant bit first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 17, max: 32 }),
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 50 }),
        (bits, values) => {
          const words = Uint32Array.from(values, (value) => value % 2 ** bits);
          const all = [...words].reduceRight((sum, word) => (sum << BigInt(bits)) | BigInt(word), 0n);
          const bytes = Array.from({ length: packedBytes(words.length, bits) }, (_, i) =>
            Number((all >> BigInt(8 * i)) & 0xffn),
          );
          expect([...packWords(words, bits)]).toEqual(bytes);
          expect(unpackWords(Uint8Array.from(bytes), words.length, bits)).toEqual(words);
        },
      ),
    );
  });

  it.each([
    [PIECE - 1, 30],
    [PIECE, 29],
    [PIECE + 1, 17],
    [2 * PIECE + 5, 32],
    [3 * PIECE - 31, 31],
  ])('are the same across pieces: %i of %i bits', (count, bits) => {
    const words = wordsOf(count, bits, count);
    const bytes = packWords(words, bits);
    expect(bytes).toHaveLength(packedBytes(count, bits));
    const wordAt = packedReader(bytes, bits);
    expect(words.findIndex((word, i) => word !== wordAt(i))).toBe(-1);
    expect(unpackWords(bytes, count, bits)).toEqual(words);
  });

  it('are zero where bytes are missing, whatever was packed before', () => {
    packWords(new Uint32Array(PIECE).fill(2 ** 30 - 1), 30);
    const words = wordsOf(100, 30, 1);
    const cut = packWords(words, 30).subarray(0, 30);
    const back = unpackWords(cut, 100, 30);
    expect(back.subarray(0, 8)).toEqual(words.subarray(0, 8));
    expect(back.subarray(8).every((word) => word === 0)).toBe(true);
  });
});
