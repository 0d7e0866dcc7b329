import { createHash } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storedImagesFromBytes } from '@ciphernet/artifacts';
import { openDirectoryStore } from '@ciphernet/blobs';
import { type Dataset, readFolder } from '@ciphernet/datasets';
import { createEncodingKey, createImageEncoder } from '@ciphernet/keyring';
import { readEncodedRecord } from '@ciphernet/owner-records';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { type EncodingTools, encodeDataset } from '../src/encode-dataset.js';

const [HEIGHT, WIDTH, CLASSES] = [6, 7, 3];

/** Images that tell their number: no two are alike. */
function dataset(split: 'train' | 'test', count: number, height = HEIGHT): Dataset {
  const byte = (i: number): number => createHash('sha256').update(`${split} ${i}`).digest()[0]!;
  return {
    name: 'digits',
    split,
    source: 'folder',
    shape: { height, width: WIDTH, channels: 1 },
    classes: CLASSES,
    count,
    images: Uint8Array.from({ length: count * height * WIDTH }, (_, i) => byte(i)),
    labels: Uint8Array.from({ length: count }, (_, i) => (i * i) % CLASSES),
  };
}

async function toolsIn(folder: string): Promise<EncodingTools> {
  const keyFile = join(folder, 'keys', 'encoding.key.json');
  return {
    blobs: await openDirectoryStore(join(folder, 'blobs')),
    key: await createEncodingKey(keyFile, undefined),
    keyFile,
    encodedFolder: join(folder, 'encoded'),
  };
}

describe('an encoded copy', () => {
  const [train, test] = [dataset('train', 40), dataset('test', 15)];

  it('is a dataset that the project reads, of the same sizes, in a secret order and with secret names of classes', async () => {
    await using folder = await temporaryFolder();
    const tools = await toolsIn(folder.path);
    const done: number[] = [];
    const onProgress = (n: number, total: number): unknown => done.push(n / total);
    const { folder: copy, set } = await encodeDataset({ train, test, source: 'digits' }, { ...tools, onProgress });
    const encoder = createImageEncoder(tools.key, HEIGHT * WIDTH);
    const names = encoder.classes(CLASSES);
    for (const plain of [train, test]) {
      const read = await readFolder(copy, plain.split);
      expect(read.count).toBe(plain.count);
      expect(read.shape).toEqual({ ...encoder.shape, channels: 1 });
      const order = encoder.order(plain.count, plain.split);
      expect([...read.labels]).toEqual([...order].map((from) => names[plain.labels[from]!]));
      const size = HEIGHT * WIDTH;
      const ordered = [...order].flatMap((from) => [...plain.images.subarray(from * size, (from + 1) * size)]);
      expect(read.images).toEqual(await encoder.encode(Uint8Array.from(ordered), plain.split));
    }
    expect(done.at(-1)).toBe(1);
    expect(set).toMatchObject({ classes: CLASSES, note: 'obfuscated, not encrypted', ...encoder.shape });
    expect((await stat(copy)).mode & 0o077).toBe(0);
  });

  it('in the store has no label of the test part, no name of the data, and nothing of the key but its id', async () => {
    await using folder = await temporaryFolder();
    const tools = await toolsIn(folder.path);
    const { digest, folder: copy } = await encodeDataset({ train, test, source: '/private/digits' }, tools);
    const bytes = await tools.blobs.get(digest);
    const set = storedImagesFromBytes(bytes, 'set');
    expect(Object.keys(set.test).sort()).toEqual(['count', 'images']);
    const text = Buffer.from(bytes).toString();
    expect(text).not.toMatch(/digits|private/);
    expect(text).toContain(tools.key.id.slice(0, 8));
    const blobs = await readdir(join(folder.path, 'blobs'), { recursive: true, withFileTypes: true });
    // Description, two parts' images, the training part's labels.
    expect(blobs.filter((entry) => entry.isFile()).length).toBe(4);
    expect(await tools.blobs.get(set.train.labels)).toEqual((await readFolder(copy, 'train')).labels);
    const record = await readEncodedRecord(tools.encodedFolder, digest);
    expect(record).toMatchObject({ source: '/private/digits', key: tools.keyFile, keyId: tools.key.id });
  });

  it('is the same for the same key and data, and can be made again', async () => {
    await using folder = await temporaryFolder();
    const tools = await toolsIn(folder.path);
    const first = await encodeDataset({ train, test, source: 'digits' }, tools);
    expect((await encodeDataset({ train, test, source: 'digits' }, tools)).digest).toBe(first.digest);
  });

  it('of parts that do not belong together, of one class, or over a folder that is there is refused without a record', async () => {
    await using folder = await temporaryFolder();
    const tools = await toolsIn(folder.path);
    const request = { train, test, source: 'digits' };
    await expect(encodeDataset({ ...request, test: dataset('test', 5, 5) }, tools)).rejects.toThrow(
      /training images of 6×7×1, test images of 5×7×1/,
    );
    const one = (part: Dataset): Dataset => ({ ...part, classes: 1, labels: new Uint8Array(part.count) });
    await expect(encodeDataset({ ...request, train: one(train), test: one(test) }, tools)).rejects.toThrow(/one class/);
    const out = join(folder.path, 'full');
    await mkdir(out);
    await writeFile(join(out, 'something'), 'else');
    await expect(encodeDataset(request, { ...tools, out })).rejects.toThrow(/there already, and not empty/);
    expect(await readdir(tools.encodedFolder).catch(() => [])).toEqual([]);
    await expect(encodeDataset(request, { ...tools, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
