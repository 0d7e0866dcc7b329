import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createParameters } from '@ciphernet/parameters';
import { temporaryFolder } from '@ciphernet/testing';
import fc from 'fast-check';
import { batchToBytes } from '../src/batch-bytes.js';
import { openBatchFile, parseBatch, readBatch } from '../src/batch-file.js';
import { type BatchHeader, encodeHeader } from '../src/batch-header.js';
import { rowOffset } from '../src/residues.js';
import { ciphertextFromResidues, constantPlaintext, residuesOfCiphertext } from '../src/seal-bytes.js';
import { createSealContext, loadSeal } from '../src/seal-context.js';

const parameters = createParameters(1024, [28, 30], 30);

const header: Omit<BatchHeader, 'bodyDigest'> = {
  version: 1,
  kind: 'shard',
  parametersDigest: 'a'.repeat(64),
  keyFingerprint: 'b'.repeat(64),
  ringDegree: 1024,
  primes: parameters.primes,
  ciphertexts: 3,
  components: 2,
  tile: 64,
  images: 500,
  scale: 2 ** 20,
};

function residues(seed: number): Uint32Array {
  const words = new Uint32Array(2 * 3 * 2 * 1024);
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state % (parameters.primes[i < words.length / 2 ? 0 : 1] ?? 1);
  }
  return words;
}

describe('an encrypted batch', () => {
  it('survives its bytes, whole and tile by tile', async () => {
    await using folder = await temporaryFolder();
    const words = residues(1);
    const bytes = batchToBytes(header, words);
    const batch = parseBatch(bytes, 'test');
    expect(batch.residues).toEqual(words);
    const path = join(folder.path, 'shard');
    await writeFile(path, bytes);
    using file = openBatchFile(path);
    expect(file.header).toEqual(batch.header);
    expect(readBatch(file, 'test').residues).toEqual(words);
  });

  it('has every residue at one place', () => {
    const seen = new Set<number>();
    for (let prime = 0; prime < 2; prime++)
      for (let tile = 0; tile < 16; tile++)
        for (let ciphertext = 0; ciphertext < 3; ciphertext++)
          for (let component = 0; component < 2; component++)
            seen.add(rowOffset(header, prime, tile, ciphertext, component));
    expect(seen.size).toBe(2 * 16 * 3 * 2);
    expect(Math.max(...seen)).toBe(2 * 3 * 2 * 1024 - 64);
  });

  const good = batchToBytes(header, residues(2));
  const withHeader = (change: object): Uint8Array => {
    const body = good.subarray(encodeHeader({ ...header, bodyDigest: 'c'.repeat(64) }).length);
    return Buffer.concat([encodeHeader({ ...header, bodyDigest: 'c'.repeat(64), ...change } as BatchHeader), body]);
  };
  const flipped = (at: number): Uint8Array => {
    const bytes = Uint8Array.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };

  it.each([
    ['empty', new Uint8Array(0), /too few/],
    ['of another format', Buffer.alloc(2000, 7), /not an encrypted batch/],
    ['one byte short', good.subarray(0, good.length - 1), /bytes, but the header describes/],
    ['one byte long', Buffer.concat([good, Buffer.alloc(1)]), /bytes, but the header describes/],
    ['with a flipped byte in its body', flipped(good.length - 5), /the body's sha256 is/],
    ['with a flipped byte in its header', flipped(20), /not JSON|not valid|header/],
    ['with a wrong header length', flipped(9), /header length is wrong|header describes|not JSON/],
    ['of another version', withHeader({ version: 2 }), /version/],
    ['with a tile that does not divide', withHeader({ tile: 60 }), /does not divide/],
    ['with more images than slots', withHeader({ images: 513 }), /more than the slots/],
    ['with an unknown field', withHeader({ note: 'x' }), /note/],
    ['with a prime of 31 bits', withHeader({ primes: [2147483647, 3] }), /primes/],
  ])('that is %s is refused', (_name, bytes, message) => {
    expect(() => parseBatch(bytes, 'shard 3')).toThrow(message);
  });

  it('with a residue that is not below its prime is refused', () => {
    const words = residues(3);
    words[100] = parameters.primes[0] ?? 0;
    expect(() => parseBatch(batchToBytes(header, words), 'shard 3')).toThrow(/residue of \d+ is not below its prime/);
  });

  it('never reads outside and never hangs on noise', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.uint8Array({ maxLength: 40 }), (at, noise) => {
        const bytes = Uint8Array.from(good);
        bytes.set(noise, at);
        try {
          parseBatch(bytes, 'noise');
        } catch (error) {
          expect(['IntegrityError', 'InputError']).toContain((error as Error).name);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('conversion to and from SEAL', () => {
  it('keeps residues, scale and level bit for bit', async () => {
    const seal = await loadSeal('throws');
    using context = createSealContext(seal, parameters);
    for (const limbs of [1, 2]) {
      const words = Array.from({ length: 3 * limbs }, (_, i) =>
        residues(10 + i)
          .subarray(0, 1024)
          .map((w) => w % 250_000_000),
      );
      const shape = { components: 3, limbs, scale: 12345 };
      using ciphertext = ciphertextFromResidues(context, shape, (component, limb, into) =>
        into.set(words[component * limbs + limb] ?? []),
      );
      const back = residuesOfCiphertext(context, ciphertext);
      expect(back).toMatchObject(shape);
      words.forEach((row, i) => expect(back.words.subarray(i * 1024, (i + 1) * 1024)).toEqual(row));
    }
  });

  it('makes the constant that SEAL’s encoder makes of the same integer', async () => {
    const seal = await loadSeal('throws');
    using context = createSealContext(seal, parameters);
    using encoder = new seal.CKKSEncoder(context.context);
    using encoded = new seal.Plaintext();
    encoder.encode(new Float64Array(512).fill(-37), 1, encoded);
    using ours = constantPlaintext(context, { limbs: 2, scale: 1 }, (prime) => prime - 37);
    const bytes = (plaintext: typeof ours): Uint8Array => plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array;
    expect(bytes(ours)).toEqual(bytes(encoded));
  });

  it('agrees with SEAL about primes and levels', async () => {
    const seal = await loadSeal('throws');
    using context = createSealContext(seal, createParameters(8192, [30, 30, 30, 30], 30));
    expect(context.parmsIds.length).toBe(4);
    expect(new Set(context.parmsIds.map((id) => id.join())).size).toBe(4);
  });
});
