import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { deleteKeptOutputs, listKeptOutputs, readKeptOutputs, writeKeptOutputs } from '../src/kept-outputs-files.js';
import { type KeptOutputs, openOutputs, sealOutputs } from '../src/kept-outputs.js';

const PASSPHRASE = 'correct horse';
const kept: KeptOutputs = {
  evaluation: 'eval-one',
  keptAt: '2026-01-02T03:04:05.678Z',
  dataset: 'a'.repeat(64),
  model: 'b'.repeat(64),
  targetsDigest: 'c'.repeat(64),
  task: { kind: 'multiclass', classes: 3 },
  link: 'softmax',
  width: 3,
  count: 2,
  outputs: Float64Array.of(1.5, -0, 5e-324, -1.7976931348623157e308, 0.1, 3),
};

let sealed: Uint8Array;
beforeAll(async () => {
  sealed = await sealOutputs(kept, PASSPHRASE);
});

/** The file with another header, of the same outputs. */
function withHeader(change: (text: string) => string): Uint8Array {
  const bytes = Buffer.from(sealed);
  const length = bytes.readUInt32LE(8);
  const json = Buffer.from(change(bytes.toString('utf8', 12, 12 + length)));
  const head = Buffer.from(bytes.subarray(0, 12));
  head.writeUInt32LE(json.length, 8);
  return Buffer.concat([head, json, bytes.subarray(12 + length)]);
}

describe('kept outputs', () => {
  it('are the same bit for bit when they are opened again', async () => {
    const opened = await openOutputs(sealed, PASSPHRASE, 'test');
    expect(opened).toEqual(kept);
    expect(Buffer.from(opened.outputs.buffer)).toEqual(Buffer.from(kept.outputs.buffer));
  });

  it('show nothing of an output, and are never the same twice', async () => {
    const value = Buffer.alloc(8);
    value.writeDoubleLE(1.5);
    expect(Buffer.from(sealed).includes(value)).toBe(false);
    const again = await sealOutputs(kept, PASSPHRASE);
    expect(Buffer.from(again.subarray(-48))).not.toEqual(Buffer.from(sealed.subarray(-48)));
  });

  it.each<[string, string | undefined, RegExp]>([
    ['another passphrase', 'wrong horse', /passphrase is wrong, or the file of outputs was changed \[here\]/],
    ['no passphrase', undefined, /outputs are under a passphrase \[here\] — set CIPHERNET_PASSPHRASE/],
    ['an empty one', '', /outputs are under a passphrase/],
  ])('do not open with %s', async (_name, passphrase, message) => {
    await expect(openOutputs(sealed, passphrase, 'here')).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(), /not a file of kept outputs, or cut off/],
    ['another file', () => Buffer.from('format: something else'), /not a file of kept outputs/],
    ['a part of the header', () => sealed.subarray(0, 100), /not a file of kept outputs, or cut off/],
    ['all but the last byte', () => sealed.subarray(0, -1), /bytes, its header says/],
    ['a byte more', () => Buffer.concat([sealed, Buffer.alloc(1)]), /bytes, its header says/],
    ['a header of no JSON', () => withHeader((text) => text.replace('{', '[')), /not JSON/],
    ['a header that is too long', () => withHeader((text) => text + ' '.repeat(5000)), /not a file of kept outputs/],
    ['another version', () => withHeader((text) => text.replace('"version":1', '"version":2')), /version/],
    [
      'a task of another width',
      () => withHeader((text) => text.replace('"classes":3', '"classes":4')),
      /2 × 3 outputs/,
    ],
    [
      'more than a file may hold',
      () => withHeader((t) => t.replace('"count":2', '"count":99999999')),
      /at most 1073741824 b/,
    ],
    [
      'a key that asks for gigabytes',
      () => withHeader((t) => t.replace('"N":131072', '"N":1073741824')),
      /protection\.N/,
    ],
    [
      'outputs in the clear',
      () => withHeader((text) => text.replace(/"protection":\{.*?\}/, '"protection":{"kind":"none"}')),
      /not under a passphrase/,
    ],
  ])('are refused where there is %s', async (_name, bytes, message) => {
    await expect(openOutputs(bytes(), PASSPHRASE, 'here')).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, () => Uint8Array]>([
    ['one bit of an output', () => Uint8Array.from(sealed, (byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte))],
    ['the evaluation', () => withHeader((text) => text.replace('eval-one', 'eval-two'))],
    ['the model', () => withHeader((text) => text.replace('b'.repeat(64), 'd'.repeat(64)))],
    ['the dataset', () => withHeader((text) => text.replace('a'.repeat(64), 'd'.repeat(64)))],
    ['the targets', () => withHeader((text) => text.replace('c'.repeat(64), 'd'.repeat(64)))],
    ['the link', () => withHeader((text) => text.replace('"softmax"', '"score"'))],
    ['the time', () => withHeader((text) => text.replace('2026-01', '2025-01'))],
    [
      'the shape',
      () =>
        withHeader((text) =>
          text.replace('"classes":3', '"classes":2').replace('"width":3,"count":2', '"width":2,"count":3'),
        ),
    ],
  ])('are refused when %s was changed', async (_name, bytes) => {
    await expect(openOutputs(bytes(), PASSPHRASE, 'here')).rejects.toThrow(
      /passphrase is wrong, or the file of outputs was/,
    );
  });

  it.each<[string, Partial<KeptOutputs>, string | undefined, RegExp]>([
    ['without a passphrase', {}, undefined, /under a passphrase only.*set CIPHERNET_PASSPHRASE/],
    ['under an empty one', {}, '', /under a passphrase only/],
    ['of fewer examples', { count: 3 }, PASSPHRASE, /6 outputs of 3 × 3/],
    ['of another width than the task’s', { width: 2, count: 3 }, PASSPHRASE, /3 × 2 outputs of a multiclass task/],
    ['that are not numbers', { outputs: new Float64Array(6).fill(NaN) }, PASSPHRASE, /not a number/],
    ['of no id', { evaluation: '../x' }, PASSPHRASE, /evaluation: is not the id/],
  ])('are not made %s', async (_name, change, passphrase, message) => {
    await expect(sealOutputs({ ...kept, ...change }, passphrase)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message),
    });
  });
});

describe('the files of kept outputs', () => {
  it('lie beside the reports, are readable by their owner only, are listed without a passphrase and deleted', async () => {
    await using folder = await temporaryFolder();
    const reports = join(folder.path, 'reports');
    const own = join(reports, 'eval-one');
    await writeKeptOutputs(own, sealed);
    await mkdir(join(reports, 'eval-without'));
    await writeFile(join(reports, 'a-file'), '');
    expect((await stat(join(own, 'outputs.bin'))).mode & 0o777).toBe(0o600);
    expect((await stat(own)).mode & 0o777).toBe(0o700);
    expect(await readdir(own)).toEqual(['outputs.bin']);
    expect(new Uint8Array(await readFile(join(own, 'outputs.bin')))).toEqual(new Uint8Array(sealed));
    const { outputs: _outputs, ...header } = kept;
    expect(await listKeptOutputs(reports)).toEqual([{ evaluation: 'eval-one', header, bytes: sealed.length }]);
    expect(await readKeptOutputs(reports, 'eval-one', PASSPHRASE)).toEqual(kept);
    await deleteKeptOutputs(reports, 'eval-one');
    expect(await listKeptOutputs(reports)).toEqual([]);
    expect(await readdir(own)).toEqual([]);
    await expect(deleteKeptOutputs(reports, 'eval-one')).rejects.toThrow(/no outputs are kept \[eval-one\]/);
    await expect(readKeptOutputs(reports, 'eval-one', PASSPHRASE)).rejects.toThrow(/no outputs are kept.*keepOutputs/);
  });

  it('are none where there is no folder', async () => {
    await using folder = await temporaryFolder();
    expect(await listKeptOutputs(join(folder.path, 'nothing'))).toEqual([]);
  });

  it('that were moved, opened to others or damaged are refused, and listed as that', async () => {
    await using folder = await temporaryFolder();
    const write = (name: string, bytes: Uint8Array): Promise<void> => writeKeptOutputs(join(folder.path, name), bytes);
    await write('eval-damaged', sealed.subarray(0, 50));
    await write('eval-moved', sealed);
    await write('eval-one', sealed);
    await chmod(join(folder.path, 'eval-one', 'outputs.bin'), 0o644);
    const expected = [
      ['eval-damaged', /cut off/],
      ['eval-moved', /outputs of eval-one.*moved here/],
      ['eval-one', /can be read by others.*chmod 600/],
    ] as const;
    const listed = await listKeptOutputs(folder.path);
    for (const [i, [evaluation, message]] of expected.entries()) {
      await expect(readKeptOutputs(folder.path, evaluation, PASSPHRASE)).rejects.toThrow(message);
      expect(listed[i]).toMatchObject({ evaluation, error: { message: expect.stringMatching(message) } });
    }
  });
});
