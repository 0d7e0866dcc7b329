import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { helpersHere } from '@ciphernet/engines/helpers';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { startEarlyHelpers, threadsFor } from '../src/early-helpers.js';

const MEBIBYTE = 2 ** 20;

describe('helpers that start before modules are loaded', () => {
  it.each([
    [0, 8, 1],
    [MEBIBYTE, 8, 1],
    [17 * MEBIBYTE, 8, 2],
    [75 * MEBIBYTE, 2, 2],
    [75 * MEBIBYTE, 8, 5],
    [75 * MEBIBYTE, 1, 1],
    [4096 * MEBIBYTE, 64, 16],
  ])('are worth it for %i bytes, of at most %i threads, so that there are %i', (bytes, most, threads) => {
    expect(threadsFor(bytes, most)).toBe(threads);
  });

  it('are none for small batches, other commands and engines, where threads are counted and where nothing is; else one less than cores', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'batch-00000.bin'), 'small');
    startEarlyHelpers(['infer', 'model', folder.path, 'out']);
    startEarlyHelpers(['infer', 'model', join(folder.path, 'missing'), 'out']);
    startEarlyHelpers(['infer']);
    await truncate(join(folder.path, 'batch-00000.bin'), 64 * MEBIBYTE);
    startEarlyHelpers(['encrypt', 'model', folder.path, 'out']);
    startEarlyHelpers(['infer', 'model', folder.path, 'out', '--threads=1'], 8);
    startEarlyHelpers(['infer', 'model', folder.path, 'out', '--engine', 'seal'], 8);
    startEarlyHelpers(['infer', 'model', folder.path, 'out'], 1);
    expect(helpersHere()).toHaveLength(0);
    startEarlyHelpers(['infer', 'model', folder.path, 'out', '--replace'], 3);
    expect(helpersHere()).toHaveLength(2);
  });
});
