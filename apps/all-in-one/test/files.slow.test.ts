import { chmod, cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDataset } from '@ciphernet/datasets';
import { runCli, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const MODEL = fileURLToPath(new URL('../../../benchmarks/fhe-ml-inference/submission/models/mlp', import.meta.url));
const IMAGES = 12;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let labels: number[];
const at = (...parts: string[]): string => join(folder.path, ...parts);
const cli = (...args: string[]) => runCli(args, { CIPHERNET_DATA: at('data') });

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(...args);
  expect([stderr, code]).toEqual(['', 0]);
  return stdout;
}

/** Pixels as text, as bytes in npy and as IDX. */
async function writeInputs(images: Uint8Array): Promise<void> {
  const rows = Array.from({ length: IMAGES }, (_, n) => images.subarray(784 * n, 784 * (n + 1)));
  const text = rows.map((row) => Array.from(row, (byte) => (byte / 255).toFixed(6)).join(' ')).join('\n');
  await writeFile(at('pixels.txt'), `${text}\n`);
  await writeFile(at('one.txt'), `${text.split('\n')[0]}\n`);
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${IMAGES}, 28, 28), }`.padEnd(117).concat('\n');
  const magic = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  await writeFile(at('pixels.npy'), Buffer.concat([magic, Buffer.from(header), images]));
  const idx = Buffer.alloc(16);
  [0x803, IMAGES, 28, 28].forEach((word, i) => idx.writeUInt32BE(word, 4 * i));
  await writeFile(at('pixels.idx'), Buffer.concat([idx, images]));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const test = await loadDataset('mnist', 'test', { cacheFolder: at('cache') });
  labels = [...test.labels.subarray(0, IMAGES)];
  await writeInputs(test.images.subarray(0, IMAGES * 784));
  await succeed('model', 'compile', MODEL, at('batch'), '--mode', 'symmetric', '--cheapest', '--target-error', '20');
  await succeed('model', 'compile', MODEL, at('single'), '--mode', 'public', '--packing', 'products');
  await succeed('keys', 'create', at('keys'), '--for', at('batch'));
  await succeed('keys', 'create', at('single-keys'), '--for', at('single'), '--public', at('public'));
  await succeed('encrypt', at('pixels.txt'), at('upload'), '--keys', at('keys'));
  await succeed('infer', at('batch'), at('upload'), at('download'), '--steps', at('steps.json'));
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

const numbersOf = async (file: string): Promise<number[]> =>
  (await readFile(at(file), 'utf8')).trim().split('\n').map(Number);

describe('from file to file, in separate processes', () => {
  it('predictions are the labels, an integer a line, and every step has its time', async () => {
    await succeed('decrypt', at('download'), at('predictions.txt'), '--keys', at('keys'), '--expect', String(IMAGES));
    // The ninth image of the test set is a 5 that looks like a 6.
    const wrong = (await numbersOf('predictions.txt')).filter((prediction, n) => prediction !== labels[n]).length;
    expect(wrong).toBeLessThanOrEqual(1);
    expect(Object.keys(JSON.parse(await readFile(at('steps.json'), 'utf8')) as object)).toContain('evaluate');
    // Neither queue nor store nor records were made.
    await expect(readdir(at('data'))).rejects.toThrow(/ENOENT/);
  });

  it('other formats of the same images have the same logits, but for the noise', async () => {
    const logits = async (input: string): Promise<number[][]> => {
      await succeed('encrypt', at(input), at('up', input), '--keys', at('keys'));
      await succeed('infer', at('batch'), at('up', input), at('down', input));
      await succeed('decrypt', at('down', input), at(`${input}.csv`), '--keys', at('keys'), '--logits');
      const lines = (await readFile(at(`${input}.csv`), 'utf8')).trim().split('\n');
      return lines.map((line) => line.split(',').map(Number));
    };
    const [npy, idx] = [await logits('pixels.npy'), await logits('pixels.idx')];
    expect(npy).toHaveLength(IMAGES);
    npy.forEach((row, n) => row.forEach((logit, k) => expect(Math.abs(logit - idx[n]![k]!)).toBeLessThan(3)));
  });

  it('batches follow one another, the next opened and hashed meanwhile, and a damaged one ends it', async () => {
    const test = await loadDataset('mnist', 'test', { cacheFolder: at('cache') });
    const count = 8200;
    const idx = Buffer.alloc(16);
    [0x803, count, 28, 28].forEach((word, i) => idx.writeUInt32BE(word, 4 * i));
    await writeFile(at('many.idx'), Buffer.concat([idx, test.images.subarray(0, 784 * count)]));
    await succeed('encrypt', at('many.idx'), at('many-up'), '--keys', at('keys'));
    const batches = (await readdir(at('many-up'))).filter((name) => name.endsWith('.bin'));
    expect(batches).toHaveLength(3);
    await succeed('infer', at('batch'), at('many-up'), at('many-down'));
    await succeed('decrypt', at('many-down'), at('many.txt'), '--keys', at('keys'), '--expect', String(count));
    const predictions = await numbersOf('many.txt');
    const right = predictions.filter((prediction, n) => prediction === test.labels[n]).length;
    expect(right / count).toBeGreaterThan(0.98);
    for (const [batch, place, message] of [
      ['batch-00001.bin', -100, /holds other bytes|not below its prime/],
      ['batch-00002.bin', 2, /not an encrypted batch/],
    ] as const) {
      const file = at('many-up', batch);
      const bytes = await readFile(file);
      const changed = Buffer.from(bytes);
      const flipped = (place + bytes.length) % bytes.length;
      changed.writeUInt8(changed.readUInt8(flipped) ^ 1, flipped);
      await writeFile(file, changed);
      const failed = await cli('infer', at('batch'), at('many-up'), at('many-x'));
      expect(failed.stderr).toMatch(message);
      expect(failed.code).toBe(3);
      await expect(stat(at('many-x'))).rejects.toThrow(/ENOENT/);
      await writeFile(file, bytes);
    }
  });

  it('a single image takes a fraction of a batch and the public part of the keys', async () => {
    await succeed('encrypt', at('one.txt'), at('one-up'), '--keys', at('public'));
    await succeed('infer', at('single'), at('one-up'), at('one-down'));
    await succeed('decrypt', at('one-down'), at('one-predictions.txt'), '--keys', at('single-keys'), '--expect', '1');
    expect(await numbersOf('one-predictions.txt')).toEqual(labels.slice(0, 1));
    const { size } = await stat(at('one-up', 'batch-00000.bin'));
    expect(size).toBeLessThan(2e6);
    expect(await readdir(at('public'))).toEqual(['client.json', 'public.key.json']);
  });

  it('secrets and predictions are readable by their owner alone, and the server’s part by the server', async () => {
    for (const path of [at('keys', 'secret.key.json'), at('predictions.txt'), at('batch', 'circuit.json')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });
});

describe('bad input from file to file', () => {
  beforeAll(async () => {
    await writeFile(at('short.txt'), '0.5 0.5\n');
    await writeFile(at('bytes.txt'), `${new Array(784).fill(255).join(' ')}\n`);
    await succeed('keys', 'create', at('other-keys'), '--for', at('batch'));
    const damaged = async (name: string, change: (bytes: Buffer) => Buffer): Promise<void> => {
      await cp(at('upload'), at(name), { recursive: true });
      const file = at(name, 'batch-00000.bin');
      await writeFile(file, change(await readFile(file)));
    };
    await damaged('cut', (bytes) => bytes.subarray(0, bytes.length - 4));
    await damaged('flipped', (bytes) => (bytes.writeUInt8(bytes.at(-100)! ^ 1, bytes.length - 100), bytes));
    await cp(at('upload'), at('missing'), { recursive: true });
    await rm(at('missing', 'batch-00000.bin'));
    await cp(at('batch'), at('changed'), { recursive: true });
    const circuit = (await readFile(at('batch', 'circuit.json'), 'utf8')).replace('"version":1', '"version": 1');
    await writeFile(at('changed', 'circuit.json'), circuit);
    await cp(at('keys'), at('open-keys'), { recursive: true });
    await chmod(at('open-keys', 'secret.key.json'), 0o644);
    await mkdir(at('empty'));
  });

  it.each<[string, readonly string[], number, RegExp]>([
    [
      'input that is missing',
      ['encrypt', 'nothing.txt', 'x', '--keys', 'keys'],
      2,
      /cannot read the file \[.*nothing.txt/,
    ],
    [
      'lines of another length',
      ['encrypt', 'short.txt', 'x', '--keys', 'keys'],
      2,
      /2 values, 784 are expected .*line 1/,
    ],
    ['pixels that are bytes', ['encrypt', 'bytes.txt', 'x', '--keys', 'keys'], 2, /pixels are from 0 to 1 .*example 1/],
    ['keys that are missing', ['encrypt', 'pixels.txt', 'x', '--keys', 'empty'], 2, /keys create --for/],
    ['a secret key that others can read', ['encrypt', 'pixels.txt', 'x', '--keys', 'open-keys'], 2, /chmod 600/],
    ['output that is there', ['encrypt', 'pixels.txt', 'upload', '--keys', 'keys'], 2, /there already.*--replace/],
    ['keys that are there', ['keys', 'create', 'keys', '--for', 'batch'], 2, /already there/],
    ['a model that is missing', ['model', 'compile', 'nothing', 'x'], 2, /no such model/],
    [
      'a folder without batches',
      ['infer', 'batch', 'empty', 'x'],
      2,
      /no folder of encrypted batches.*ciphernet encrypt/,
    ],
    ['outputs in the place of batches', ['infer', 'batch', 'download', 'x'], 2, /encrypted outputs, not examples/],
    ['batches of another ring', ['infer', 'single', 'upload', 'x'], 3, /encrypted for another compiled model/],
    ['a batch that was cut off', ['infer', 'batch', 'cut', 'x'], 3, /the list says/],
    ['a batch with one bit flipped', ['infer', 'batch', 'flipped', 'x'], 3, /holds other bytes|not below its prime/],
    ['a batch that is missing', ['infer', 'batch', 'missing', 'x'], 3, /a file is missing .*batch-00000/],
    ['a circuit that was changed', ['infer', 'changed', 'upload', 'x'], 3, /not the one that the client side names/],
    ['a model that was not compiled', ['infer', 'empty', 'upload', 'x'], 2, /model compile/],
    ['a foreign key', ['decrypt', 'download', 'x', '--keys', 'other-keys'], 3, /made for key .*, this is key/],
    ['keys of another ring', ['decrypt', 'download', 'x', '--keys', 'single-keys'], 3, /made for key/],
    ['the public part of keys', ['decrypt', 'download', 'x', '--keys', 'public'], 2, /no key file/],
    [
      'another number of predictions',
      ['decrypt', 'download', 'x', '--keys', 'keys', '--expect', '13'],
      3,
      /outputs of 12 examples, 13/,
    ],
    [
      'batches in the place of outputs',
      ['decrypt', 'upload', 'x', '--keys', 'keys'],
      2,
      /encrypted examples, not outputs/,
    ],
  ])(
    '%s gets one clear line, a non-zero exit and no output',
    async (_name, [command = '', ...words], code, message) => {
      const isPath = (word: string, place: number): boolean => !/^(--|compile$|create$|\d+$)/.test(word) && place >= 0;
      const result = await cli(command, ...words.map((word, place) => (isPath(word, place) ? at(word) : word)));
      expect(result.stderr).toMatch(message);
      expect(result.stderr.trim().split('\n')).toHaveLength(1);
      expect(result.code).toBe(code);
      await expect(stat(at('x'))).rejects.toThrow(/ENOENT/);
      expect((await readdir(folder.path)).filter((name) => name.includes('.partial'))).toEqual([]);
    },
  );

  it('a regression decides nothing: its outputs are written where their risk was accepted', async () => {
    const help = await succeed('decrypt', '--help');
    expect(help).toMatch(/can compute the key from them/);
  });
});
