import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFolder } from '../src/folders.js';

let root: string;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'folders-'))));
afterEach(() => rm(root, { recursive: true }));

const fill =
  (text: string) =>
  (folder: string): Promise<void> =>
    writeFile(join(folder, 'file'), text);

describe('a folder that is written whole', () => {
  it('appears with its content, and nothing else is left beside it', async () => {
    await writeFolder(join(root, 'a', 'out'), {}, fill('new'));
    expect(await readFile(join(root, 'a', 'out', 'file'), 'utf8')).toBe('new');
    expect(await readdir(join(root, 'a'))).toEqual(['out']);
  });

  it('takes the place of an empty one', async () => {
    await mkdir(join(root, 'out'));
    await writeFolder(join(root, 'out'), {}, fill('new'));
    expect(await readFile(join(root, 'out', 'file'), 'utf8')).toBe('new');
  });

  it('takes the place of another only when that is asked for', async () => {
    const out = join(root, 'out');
    await writeFolder(out, {}, fill('old'));
    await expect(writeFolder(out, {}, fill('new'))).rejects.toThrow(/there already, and not empty .* --replace/);
    expect(await readFile(join(out, 'file'), 'utf8')).toBe('old');
    await writeFolder(out, { replace: true }, fill('new'));
    expect(await readFile(join(out, 'file'), 'utf8')).toBe('new');
    expect(await readdir(root)).toEqual(['out']);
  });

  it('is absent, and an older one untouched, when filling it fails', async () => {
    const out = join(root, 'out');
    await writeFolder(out, {}, fill('old'));
    const failing = writeFolder(out, { replace: true }, () => Promise.reject(new Error('no examples')));
    await expect(failing).rejects.toThrow('no examples');
    expect(await readFile(join(out, 'file'), 'utf8')).toBe('old');
    expect(await readdir(root)).toEqual(['out']);
  });

  it('is named in the error where it cannot be written', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(writeFolder(join(root, 'file', 'out'), {}, fill('new'))).rejects.toThrow(/cannot write the folder/);
  });
});
