import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, loadDataset, readFolder, takeExamples } from '@ciphernet/datasets';
import { type EncodingReport, encodingReportSchema } from '@ciphernet/report';
import {
  S3_CREDENTIALS,
  type TestRedis,
  type TestS3,
  cliProcesses,
  hasRedisServer,
  idxFile,
  runCli,
  s3Url,
  startRedis,
  startS3,
  temporaryFolder,
} from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { folderFiles, queueLines } from './public-record.js';

const suite = hasRedisServer() ? describe : describe.skip;
const [TRAIN, TEST] = [3000, 400];
const PASSPHRASE = 'correct horse';

/** What must not be anywhere outside the owner's folder, in the encodings that a leak would have. */
function encodings(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes);
  const fractions = Float32Array.from(bytes, (byte) => byte / 255);
  const texts = [
    buffer.toString('hex'),
    // At each of the three places that bytes can have among those before them.
    ...[0, 1, 2].map((skip) => buffer.subarray(skip, skip + 48).toString('base64')),
    [...bytes].join(','),
    [...bytes].join(', '),
  ];
  return [buffer, Buffer.from(fractions.buffer), ...texts.map((text) => Buffer.from(text))];
}

/** Four middle rows of an image: enough to be nobody else's. */
const rowsOf = ({ images }: Dataset, n: number): Uint8Array => images.subarray(784 * n + 12 * 28, 784 * n + 16 * 28);

suite('training on encoded images, with an owner and a worker that share queue and store', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: TestRedis;
  let store: TestS3;
  let workers: ReturnType<typeof cliProcesses>;
  let owner: NodeJS.ProcessEnv;
  let workerSaid = '';
  let encoded: { readonly encoded: string; readonly folder: string; readonly key: string };
  let report: EncodingReport & { readonly folder: string };
  let secrets: readonly (readonly [string, readonly Buffer[]])[];

  async function json<T>(args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await runCli([...args, '--json'], owner);
    expect([stderr, code]).toEqual([stderr, 0]);
    return JSON.parse(stdout) as T;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
    store = await startS3(folder.path);
    const shared = { REDIS_URL: redis.url, BLOB_URL: s3Url(store.endpoint), ...S3_CREDENTIALS };
    owner = { ...shared, CIPHERNET_DATA: join(folder.path, 'owner'), CIPHERNET_PASSPHRASE: PASSPHRASE };
    // A worker of its own: no passphrase, no folder of the owner's.
    workers = cliProcesses({ ...shared, CIPHERNET_DATA: join(folder.path, 'worker') });
    // White on black digits as black on white ones: rows that no named dataset has.
    const source = join(folder.path, 'owner', 'private');
    await mkdir(source, { recursive: true });
    for (const [split, name, most] of [
      ['train', 'train', TRAIN],
      ['test', 't10k', TEST],
    ] as const) {
      const { images, labels } = takeExamples(await loadDataset('mnist', split, { cacheFolder: folder.path }), most);
      const negative = images.map((byte) => 255 - byte);
      await writeFile(join(source, `${name}-images-idx3-ubyte`), idxFile([most, 28, 28], negative));
      await writeFile(join(source, `${name}-labels-idx1-ubyte`), idxFile([most], labels));
    }
    const worker = await workers.start(['worker', '--roles', 'train'], 'worker on');
    for (const stream of [worker.stdout, worker.stderr]) {
      stream?.on('data', (chunk: Buffer) => (workerSaid += chunk.toString()));
    }
    encoded = await json(['dataset', 'encode', source, '--obfuscated']);
    report = await json(['dataset', 'train', encoded.encoded, '--epochs', '10', '--attack-pairs', '400']);
    const [train, test] = await Promise.all([readFolder(source, 'train'), readFolder(source, 'test')]);
    const copy = await readFolder(encoded.folder, 'test');
    const key = JSON.parse(await readFile(encoded.key, 'utf8')) as { key: string; protection: { tag: string } };
    secrets = [
      ['a training image', encodings(rowsOf(train, 0))],
      ['the last training image', encodings(rowsOf(train, TRAIN - 1))],
      ['a test image', encodings(rowsOf(test, 0))],
      ['labels of training images in their order', encodings(train.labels.subarray(0, 100))],
      ['labels of test images', encodings(test.labels.subarray(0, 100))],
      // A worker has to earn its accuracy: it has no label of the test part, not even under secret names.
      ['labels of test images as the copy has them', encodings(copy.labels.subarray(0, 100))],
      ['the sealed key', [Buffer.from(key.key), Buffer.from(key.protection.tag)]],
      ['where the data is', [Buffer.from(source)]],
      ['where the key is', [Buffer.from(encoded.key)]],
      ['the passphrase', [Buffer.from(PASSPHRASE)]],
      ['the owner’s accuracy', [Buffer.from(`"encoded":${report.accuracy.encoded}`)]],
    ];
  });
  afterAll(async () => {
    workers[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** All that a worker and an operator can read: queue, store, the worker's folder, what it said. */
  async function readable(): Promise<Buffer[]> {
    const files = await Promise.all(['s3', 'worker'].map((name) => folderFiles(join(folder.path, name))));
    const texts = [(await queueLines(redis.url)).join('\n'), workerSaid];
    return [...files.flatMap((each) => [...each.values()]), ...texts.map((text) => Buffer.from(text))];
  }

  function found(haystacks: readonly Buffer[]): string[] {
    return secrets
      .filter(([, needles]) => needles.some((needle) => haystacks.some((hay) => hay.includes(needle))))
      .map(([name]) => name);
  }

  it('learns from what it never sees: far beyond chance, by labels that no worker had', () => {
    const { folder: _folder, ...rest } = report;
    expect(encodingReportSchema.parse(rest)).toEqual(rest);
    expect(report.dataset).toMatchObject({ train: TRAIN, test: TEST, values: 784, encodedValues: 400 });
    expect(report.accuracy.encoded).toBeGreaterThan(0.75);
    const counted = report.confusion.flat().reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(TEST);
  });

  it('leaves no plain image, label, key or figure in queue, store, worker', async () => {
    expect(found(await readable())).toEqual([]);
  });

  it('would be noticed if it did: each secret, planted in each encoding', () => {
    for (const [name, needles] of secrets) {
      for (const needle of needles) {
        expect(found([Buffer.concat([Buffer.from('text '), needle, Buffer.from(' more')])])).toContain(name);
      }
    }
  });

  it('reads encoded images: those are in the store, byte for byte as in the owner’s copy', async () => {
    const { images } = await readFolder(encoded.folder, 'train');
    expect((await readable()).some((bytes) => bytes.equals(images))).toBe(true);
  });

  it('is no protection against who knows pairs, and the report says and shows it', async () => {
    const [mean, ...others] = report.attacks;
    expect(mean?.knows).toBe('nothing');
    // 100 pairs and the encoding itself.
    for (const attack of others.filter(({ pairs }) => pairs >= 100)) {
      expect(attack.similarity.correlation).toBeGreaterThan(mean!.similarity.correlation + 0.15);
    }
    expect(report.attacks.at(-1)).toMatchObject({ knows: 'encoding', pairs: 400 });
    expect(report.attacks.at(-1)!.similarity.correlation).toBeGreaterThan(0.85);
    expect(report.neighbours.sameClass).toBeGreaterThan(0.7);
    const html = await readFile(join(report.folder, 'encoding-report.html'), 'utf8');
    expect(html).toContain('Obfuscation, not encryption');
    expect(html.match(/<img /g)?.length).toBe(report.attacks.length + 2);
    for (const name of await readdir(report.folder)) {
      expect((await stat(join(report.folder, name))).mode & 0o077).toBe(0);
    }
  });

  it('is reported once more from what the worker answered, and from no other training', async () => {
    const train = (run: string): ReturnType<typeof runCli> =>
      runCli(['dataset', 'train', encoded.encoded, '--run', run, '--attack-pairs', '2', '--json'], owner);
    const again = await train(report.run);
    expect([again.stderr, again.code]).toEqual([again.stderr, 0]);
    const { confusion, model } = JSON.parse(again.stdout) as EncodingReport;
    expect(confusion).toEqual(report.confusion);
    expect(model).toEqual(report.model);
    const unknown = await train('train-000000000000');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/no training of that id/)]);
  });

  it('gives the owner alone the key: without the passphrase nothing is undone', async () => {
    const args = ['dataset', 'train', encoded.encoded, '--epochs', '1'];
    const without = await runCli(args, { ...owner, CIPHERNET_PASSPHRASE: '' });
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/encoding key is under a passphrase.*set CIPHERNET_PASSPHRASE/);
    expect((await stat(encoded.key)).mode & 0o777).toBe(0o600);
  });
});
