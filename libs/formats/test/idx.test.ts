import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { idxOf, parseIdx, readIdxBytes } from '../src/datasets/idx.js';

describe('an IDX file that is written', () => {
  it('is read back as it was, whatever its number of dimensions', () => {
    for (const shape of [[5], [2, 3, 4], [1, 2, 3, 4]]) {
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Uint8Array.from({ length: size }, (_, i) => (7 * i) % 256);
      expect(parseIdx(idxOf(shape, values), shape.length, 'x')).toEqual({ shape, values });
    }
  });

  it('has the header of the MNIST family', () => {
    expect([...idxOf([2], Uint8Array.of(8, 9))]).toEqual([0, 0, 8, 1, 0, 0, 0, 2, 8, 9]);
  });

  it('of another number of values than its shape says is refused', () => {
    expect(() => idxOf([2, 3], new Uint8Array(5))).toThrow(/5 values for an array of 2×3/);
  });
});

describe('a gzipped IDX file', () => {
  const read = async (bytes: Uint8Array): Promise<Uint8Array> => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'images.gz');
    await writeFile(path, bytes);
    return await readIdxBytes(path);
  };
  const images = idxOf([300, 28, 28], new Uint8Array(300 * 784).fill(7));

  it('is inflated, and what is plain is read as it is', async () => {
    expect(Buffer.from(await read(gzipSync(images))).equals(images)).toBe(true);
    expect(Buffer.from(await read(images)).equals(images)).toBe(true);
  });

  it('is inflated no further than its header says', async () => {
    const longer = new Uint8Array(2 ** 20);
    longer.set(images.subarray(0, 16));
    await expect(read(gzipSync(longer))).rejects.toThrow(/more than the 235216 bytes that its header says/);
  });

  it('that stands for hundreds of times its size is not inflated', async () => {
    const header = idxOf([0, 0, 0], new Uint8Array());
    new DataView(header.buffer).setUint32(4, 200_000);
    new DataView(header.buffer).setUint32(8, 28);
    new DataView(header.buffer).setUint32(12, 28);
    const bomb = gzipSync(Buffer.concat([header, Buffer.alloc(2 ** 17)]));
    await expect(read(bomb)).rejects.toThrow(/bytes of gzip that stand for 156800016/);
  });

  it('that ends early, or is damaged, is refused, and what is no IDX file is left to its parser', async () => {
    const whole = gzipSync(images);
    await expect(read(whole.subarray(0, 60))).rejects.toThrow(/damaged gzip data/);
    const text = await read(gzipSync(Buffer.from('no header, and no more than a line')));
    expect(() => parseIdx(text, 3, 'x')).toThrow(/magic number/);
  });
});
