import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { createProgressBoard } from '@ciphernet/command-line';
import { readFolder } from '@ciphernet/datasets';
import { createEncodingKey } from '@ciphernet/keyring';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { encodeWithProgress } from '../src/encode-source.js';
import { openEncodedData } from '../src/encoded-data.js';
import { reportEncoded } from '../src/encoded-report.js';

const [COUNT, TESTS, SIDE] = [60, 20, 8];
const signal = new AbortController().signal;

interface Encoded extends AsyncDisposable {
  readonly owner: ReturnType<typeof loadOwnerConfiguration>;
  readonly blobs: BlobStore;
  readonly source: string;
  readonly digest: string;
  readonly keyFile: string;
  readonly labels: Uint8Array;
}

async function encoded(): Promise<Encoded> {
  const folder = await temporaryFolder();
  const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
  const source = join(folder.path, 'private');
  await mkdir(source);
  for (const [name, count] of [
    ['train', COUNT],
    ['t10k', TESTS],
  ] as const) {
    const images = Uint8Array.from({ length: count * SIDE ** 2 }, (_, i) => (i * i * 31 + (i >> 3)) % 256);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 4);
    await writeFile(join(source, `${name}-images-idx3-ubyte`), idxFile([count, SIDE, SIDE], images));
    await writeFile(join(source, `${name}-labels-idx1-ubyte`), idxFile([count], labels));
  }
  const blobs = await openDirectoryStore(owner.blobFolder);
  const board = createProgressBoard();
  const { digest, keyFile } = await encodeWithProgress(source, {}, { owner, blobs, board, signal });
  const labels = Uint8Array.from({ length: TESTS }, (_, i) => i % 4);
  return {
    owner,
    blobs,
    source,
    digest,
    keyFile,
    labels,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('an encoded copy, opened by its owner', () => {
  it('pairs each image with its own encoded one, and gives predictions their order and names back', async () => {
    await using made = await encoded();
    const data = await openEncodedData(made.owner, made.blobs, made.digest);
    const { test, train, record } = data;
    expect([train.pairs.count, test.pairs.count, record.classes]).toEqual([COUNT, TESTS, 4]);
    // What a worker that is always right would answer: the copy's labels, which its files hold.
    const copy = await readFolder(join(made.owner.encodedFolder, made.digest.slice(0, 16)), 'test');
    expect([...data.predicted(copy.labels)]).toEqual([...made.labels]);
    // In the copy's order rows are the copy's: image 0 is where its encoded row is.
    const width = test.pairs.encodedWidth;
    const first = Buffer.from(test.pairs.encoded.subarray(0, width));
    const place = Array.from({ length: TESTS }, (_, n) => n).find((n) =>
      first.equals(copy.images.subarray(n * width, (n + 1) * width)),
    );
    expect(place).toBeDefined();
  });

  it('takes no predictions of another number, or of classes that there are not', async () => {
    await using made = await encoded();
    const data = await openEncodedData(made.owner, made.blobs, made.digest);
    expect(() => data.predicted(new Uint8Array(TESTS - 1))).toThrow(/19 predictions for 20 images/);
    expect(() => data.predicted(new Uint8Array(TESTS).fill(4))).toThrow(/class 4 of 4/);
  });

  it('whose worker gave no predictions is not reported', async () => {
    await using made = await encoded();
    const { owner, blobs, digest } = made;
    const data = await openEncodedData(owner, blobs, digest);
    const trained = { model: 'a'.repeat(64), epoch: 1, epochs: 1, validationAccuracy: 1, seconds: 1, backend: 'wasm' };
    const run = { run: 'train-1', model: 'encoded', trained, attackPairs: 10 };
    const tools = { blobs, reportsFolder: owner.reportsFolder, board: createProgressBoard(), signal };
    await expect(reportEncoded(data, run, tools)).rejects.toThrow(/no predictions/);
  });

  it('is refused where the data has changed, the key is gone or another, and where it is not of this owner', async () => {
    await using made = await encoded();
    const { owner, blobs, digest, keyFile, source } = made;
    const opened = async (): Promise<string> =>
      String(await openEncodedData(owner, blobs, digest).catch((error: unknown) => error));
    await expect(openEncodedData(owner, blobs, 'f'.repeat(64))).rejects.toThrow(/no encoded copy/);
    await rename(keyFile, `${keyFile}.away`);
    expect(await opened()).toMatch(/no key of an encoding/);
    await createEncodingKey(keyFile, undefined);
    expect(await opened()).toMatch(/restore the key file that the copy was made with/);
    await rename(`${keyFile}.away`, keyFile);
    expect(await opened()).not.toMatch(/Error/);
    await writeFile(join(source, 't10k-labels-idx1-ubyte'), idxFile([TESTS], new Uint8Array(TESTS).fill(1)));
    expect(await opened()).toMatch(/not what was encoded.*test part/);
  });
});
