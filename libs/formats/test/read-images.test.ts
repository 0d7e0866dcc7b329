import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainPng, temporaryFolder, writeImageFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { byteGate } from '../src/datasets/images/byte-gate.js';
import { listImageFolder } from '../src/datasets/images/folder.js';
import type { ImageEntry } from '../src/datasets/images/image-entry.js';
import { type ImageBlock, type ReadImagesOptions, readImages } from '../src/datasets/images/read-images.js';
import type { ImageTransform } from '../src/datasets/images/transform.js';

async function collect(
  entries: readonly ImageEntry[],
  transform: ImageTransform = {},
  options: ReadImagesOptions = {},
): Promise<ImageBlock[]> {
  const blocks: ImageBlock[] = [];
  for await (const block of readImages(entries, transform, options)) blocks.push(block);
  return blocks;
}

/** Writes grey images of 3×2 whose pixels are all their index, save those of another size. */
function write(folder: string, count: number, others: Record<number, Uint8Array> = {}): Promise<ImageEntry[]> {
  const written = Array.from({ length: count }, async (_, i) => {
    const path = join(folder, `${i}.png`);
    await writeFile(path, others[i] ?? plainPng(3, 2, 1, new Uint8Array(6).fill(i)));
    return { path };
  });
  return Promise.all(written);
}

describe('images', () => {
  it('of a folder are the set that it was written from', async () => {
    await using folder = await temporaryFolder();
    const count = 300;
    const images = Uint8Array.from({ length: count * 4 * 5 * 3 }, (_, i) => (i * 7919) % 256);
    const labels = Uint8Array.from({ length: count }, (_, i) => (i * 31) % 7);
    const paths = await writeImageFolder(folder.path, { height: 4, width: 5, channels: 3, images, labels });
    const { entries, classes } = await listImageFolder(folder.path);
    expect(classes).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    const [block, ...rest] = await collect(entries);
    expect(rest).toEqual([]);
    expect([block!.first, block!.count, block!.shape]).toEqual([0, 300, { height: 4, width: 5, channels: 3 }]);
    for (const [at, { path, label }] of entries.entries()) {
      const i = paths.findIndex((written) => path.endsWith(join('/', written)));
      expect(label).toBe(String(labels[i]));
      const expected = Float32Array.from(images.subarray(i * 60, (i + 1) * 60), (value) => value / 255);
      expect(block!.values.subarray(at * 60, (at + 1) * 60)).toEqual(expected);
    }
  });

  it('keep their order in blocks of some 4 MiB, whatever each takes to decode', async () => {
    await using folder = await temporaryFolder();
    const entries: ImageEntry[] = [];
    for (let i = 0; i < 40; i++) {
      const path = join(folder.path, `${i}`);
      const side = i % 3 === 0 ? 300 : 20;
      const image = sharp(new Uint8Array(side * side).fill(6 * i), { raw: { width: side, height: side, channels: 1 } });
      await writeFile(
        path,
        i % 2 === 0
          ? await image.toColourspace('b-w').png().toBuffer()
          : await image.toColourspace('b-w').jpeg().toBuffer(),
      );
      entries.push({ path });
    }
    const progress: [number, number][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    // 4 MiB are 11 images of 300 × 300 features.
    const blocks = await collect(entries, { resize: { height: 300, width: 300 } }, { onProgress });
    expect(blocks.map(({ first, count }) => [first, count])).toEqual([
      [0, 11],
      [11, 11],
      [22, 11],
      [33, 7],
    ]);
    expect(progress).toEqual([
      [11, 40],
      [22, 40],
      [33, 40],
      [40, 40],
    ]);
    const means = blocks.flatMap(({ count, values }) =>
      Array.from({ length: count }, (_, i) => Math.round(values[i * 90_000]! * 255)),
    );
    expect(means).toEqual(Array.from({ length: 40 }, (_, i) => 6 * i));
  });

  it('of different shapes are refused, and the first that differs is named', async () => {
    await using folder = await temporaryFolder();
    const other = plainPng(2, 3, 1, new Uint8Array(6));
    const entries = await write(folder.path, 60, { 33: other, 40: other });
    await expect(collect(entries)).rejects.toThrow(/2×3×1, where the first is 3×2×1.*33\.png/);
    expect(await collect(entries, { resize: { height: 2, width: 2 } })).toHaveLength(1);
    const expected = { height: 2, width: 3, channels: 1 };
    await expect(collect(entries, {}, { expected })).rejects.toThrow(/3×2×1, where 2×3×1 is expected.*\/0\.png/);
    const colour = await write(folder.path, 3, { 1: plainPng(3, 2, 3, new Uint8Array(18)) });
    await expect(collect(colour)).rejects.toThrow(/3×2×3, where the first is 3×2×1.*\/1\.png/);
    expect(await collect(colour, { grey: true })).toHaveLength(1);
  });

  it('of which one is damaged are refused by its name, the first of several', async () => {
    await using folder = await temporaryFolder();
    const entries = await write(folder.path, 50, { 21: Uint8Array.of(1), 22: new Uint8Array() });
    await expect(collect(entries)).rejects.toThrow(/neither a PNG nor a JPEG.*21\.png/);
  });

  it('are refused when there are none, or the transform is none', async () => {
    await expect(collect([])).rejects.toThrow(/no images/);
    const resize = { height: 0, width: 1 };
    await expect(collect([{ path: 'x' }], { resize })).rejects.toThrow(/cannot resize/);
  });

  it('leave turns to the rest of the process', async () => {
    await using folder = await temporaryFolder();
    const entries = await write(folder.path, 200);
    let turns = 0;
    let reading = true;
    const other = (async () => {
      for (; reading; turns++) await new Promise((resume) => setImmediate(resume));
    })();
    await collect(entries);
    reading = false;
    await other;
    expect(turns).toBeGreaterThanOrEqual(6);
  });

  it('may be left before their end', async () => {
    await using folder = await temporaryFolder();
    const entries = await write(folder.path, 30);
    const options = { resize: { height: 1024, width: 1024 } };
    for await (const { first, count } of readImages(entries, options)) {
      expect([first, count]).toEqual([0, 1]);
      break;
    }
  });
});

describe('a gate for bytes', () => {
  it('never holds more than its capacity, save a single entry, and lets all through in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30), { maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (sizes, capacity) => {
          const gate = byteGate(capacity);
          const order: number[] = [];
          let [held, count] = [0, 0];
          const work = sizes.map(async (bytes, i) => {
            using _entry = await gate.enter(bytes);
            order.push(i);
            held += bytes;
            count++;
            expect(held <= capacity || held === bytes).toBe(true);
            for (let turns = i % 5; turns > 0; turns--) await Promise.resolve();
            held -= bytes;
            count--;
          });
          await Promise.all(work);
          expect(count).toBe(0);
          expect(order).toEqual(sizes.map((_, i) => i));
        },
      ),
    );
  });
});
