import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { readBatchBytes, readBatchList, writeBatchFile, writeBatchList } from '../src/batch-folder.js';

const A = 'a'.repeat(64);

/** A folder with two batches of 3 and 2 examples. */
async function createFolder() {
  const folder = await temporaryFolder();
  const { path } = folder;
  const batches = [
    await writeBatchFile(path, 0, 3, [Buffer.from('first '), Buffer.from('batch')]),
    await writeBatchFile(path, 1, 2, [Buffer.from('second')]),
  ];
  const list = { kind: 'examples' as const, circuit: A, parametersDigest: A, keyFingerprint: A, examples: 5, batches };
  await writeBatchList(path, list);
  return { path, list, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Changes the list of a folder. */
async function edit(path: string, change: (list: Record<string, unknown>) => void): Promise<void> {
  const file = join(path, 'batches.json');
  const list = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(list);
  await writeFile(file, JSON.stringify(list));
}

describe('a folder of batches', () => {
  it('is read as it was written', async () => {
    await using folder = await createFolder();
    const list = await readBatchList(folder.path, 'examples');
    expect(list).toMatchObject(folder.list);
    expect(Buffer.from(await readBatchBytes(folder.path, list.batches[0]!, 100)).toString()).toBe('first batch');
  });

  it.each<[string, (list: Record<string, unknown>) => void, RegExp]>([
    ['of another kind', (list) => (list['kind'] = 'outputs'), /holds encrypted outputs, not examples/],
    ['whose counts do not add up', (list) => (list['examples'] = 6), /examples: is not the sum/],
    ['with a field more', (list) => (list['labels'] = [1]), /labels/],
    ['of another version', (list) => (list['version'] = 2), /version/],
    ['without batches', (list) => Object.assign(list, { batches: [], examples: 0 }), /batches/],
    ['whose batches are not in order', (list) => (list['batches'] as unknown[]).reverse(), /not in their order/],
    [
      'with a path in the place of a name',
      (list) => ((list['batches'] as unknown[])[0] = { file: '../x', bytes: 1, sha256: A, examples: 3 }),
      /batches.0.file/,
    ],
  ])('%s is refused', async (_name, change, message) => {
    await using folder = await createFolder();
    await edit(folder.path, change);
    await expect(readBatchList(folder.path, 'examples')).rejects.toThrow(message);
  });

  it('names the file that is missing or has another length', async () => {
    await using folder = await createFolder();
    await writeFile(join(folder.path, 'batch-00001.bin'), 'longer than it was');
    await expect(readBatchList(folder.path, 'examples')).rejects.toThrow(/18 bytes, the list says 6 \[.*batch-00001/);
    await edit(folder.path, (list) => {
      const third = { file: 'batch-00002.bin', bytes: 4, sha256: A, examples: 1 };
      Object.assign(list, {
        batches: [folder.list.batches[0], { ...folder.list.batches[1], bytes: 18 }, third],
        examples: 6,
      });
    });
    await expect(readBatchList(folder.path, 'examples')).rejects.toThrow(/a file is missing \[.*batch-00002/);
  });

  it('gives no bytes that are not those of the list, nor more than are expected', async () => {
    await using folder = await createFolder();
    const [entry] = folder.list.batches;
    await expect(readBatchBytes(folder.path, entry!, 10)).rejects.toThrow(/11 bytes, at most 10/);
    await writeFile(join(folder.path, entry!.file), 'first bAtch');
    await expect(readBatchBytes(folder.path, entry!, 100)).rejects.toThrow(/sha256/);
  });

  it('that is none is refused with the command that makes one', async () => {
    await using folder = await temporaryFolder();
    await expect(readBatchList(folder.path, 'outputs')).rejects.toThrow(/ciphernet infer/);
  });
});
