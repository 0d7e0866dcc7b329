import { createHash } from 'node:crypto';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParameters } from '@ciphernet/ckks';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { batchToBytes } from '../src/batch-bytes.js';
import { openBatchFile, parseBatch, readBatch } from '../src/batch-file.js';
import { type BatchHeader, encodeHeader } from '../src/batch-header.js';
import { imaginaryPart, pairValues } from '../src/paired-values.js';
import { rowOffset } from '../src/residues.js';

const parameters = createParameters(1024, [28, 30], 30);

const header: BatchHeader = {
  version: 3,
  kind: 'shard',
  parametersDigest: 'a'.repeat(64),
  keyFingerprint: 'b'.repeat(64),
  ring: 'standard',
  ringDegree: 1024,
  primes: parameters.primes,
  ciphertexts: 3,
  components: 2,
  tile: 64,
  images: 500,
  scale: 2 ** 20,
  wordBits: 32,
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

const good = batchToBytes(header, residues(2));
const withHeader = (change: object): Uint8Array => {
  const body = good.subarray(encodeHeader(header).length);
  return Buffer.concat([encodeHeader({ ...header, ...change }), body]);
};

async function writeShard(
  folder: string,
  words: Uint32Array,
): Promise<{ readonly path: string; readonly bytes: Uint8Array; readonly digest: string }> {
  const path = join(folder, 'shard');
  const bytes = batchToBytes(header, words);
  await writeFile(path, bytes);
  return { path, bytes, digest: createHash('sha256').update(bytes).digest('hex') };
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

  it('is hashed once, and again when somebody touched its file', async () => {
    await using folder = await temporaryFolder();
    const { path, bytes, digest } = await writeShard(folder.path, residues(1));
    const read = (): boolean => {
      using file = openBatchFile(path, digest);
      readBatch(file, 'test');
      file.verify();
      return file.wasVerified;
    };
    // Just written: it might be written again within the same tick of the clock.
    expect([read(), read()]).toEqual([false, false]);
    await sleep(1100);
    expect([read(), read()]).toEqual([false, true]);

    const { atime, mtime } = await stat(path);
    const changed = Uint8Array.from(bytes);
    changed[bytes.length - 5] = (changed[bytes.length - 5] ?? 0) ^ 1;
    await writeFile(path, changed);
    await utimes(path, atime, mtime);
    expect(read).toThrow(/other bytes/);
    await writeFile(path, bytes);
    await utimes(path, atime, mtime);
    expect(read()).toBe(false);
  });

  it('is refused when its file is changed while it is read, also by one that was verified before', async () => {
    await using folder = await temporaryFolder();
    const { path, bytes, digest } = await writeShard(folder.path, residues(4));
    await sleep(1100);
    using first = openBatchFile(path, digest);
    readBatch(first, 'test');
    first.verify();
    using second = openBatchFile(path, digest);
    expect([first.wasVerified, second.wasVerified]).toEqual([false, true]);
    readBatch(second, 'test');
    await writeFile(path, bytes);
    expect(() => second.verify()).toThrow(/changed while it was read/);
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
    ['with a flipped byte in its header', flipped(20), /not JSON|not valid|header/],
    ['with a wrong header length', flipped(9), /header length is wrong|header describes|not JSON/],
    ['of another version', withHeader({ version: 1 }), /version: is of another version: encrypt the dataset again/],
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

describe('a result as it travels', () => {
  it('keeps its residues when they are packed at their own size', () => {
    const words = residues(4);
    const packed = batchToBytes({ ...header, wordBits: 30 }, words);
    expect(parseBatch(packed, 'test').residues).toEqual(words);
    expect(packed.length).toBeLessThan(batchToBytes(header, words).length * 0.95);
  });

  it.each([
    [28, /too small/],
    [16, /wordBits/],
    [31, /wordBits/],
  ])('of %i-bit words is refused where they do not fit', (wordBits, message) => {
    expect(() => parseBatch(withHeader({ wordBits }), 'x')).toThrow(message);
  });

  it('holds two values a ciphertext and gives both back, by the ring’s own arithmetic', () => {
    const result = { ...header, kind: 'result' as const, tile: 1024 };
    const paired = pairValues({ header: result, residues: residues(5) });
    expect(paired.header).toMatchObject({ ciphertexts: 2, values: 3 });
    // −i · (i · b) = b: taking the imaginary part of a pair whose real value is 0 gives b back.
    const zeroReal = residues(6);
    for (let prime = 0; prime < 2; prime++) {
      for (let component = 0; component < 2; component++) {
        const at = rowOffset(result, prime, 0, 0, component);
        zeroReal.fill(0, at, at + 1024);
      }
    }
    const back = imaginaryPart(pairValues({ header: result, residues: zeroReal }));
    const b = rowOffset(result, 1, 0, 1, 1);
    const c = rowOffset(back.header, 1, 0, 0, 1);
    expect(back.residues.subarray(c, c + 1024)).toEqual(zeroReal.subarray(b, b + 1024));
  });
});
