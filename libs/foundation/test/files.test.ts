import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeOnce, writeWhole } from '../src/files.js';

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let umask: number;
beforeEach(async () => {
  umask = process.umask(0o022);
  folder = await temporaryFolder();
});
afterEach(async () => {
  process.umask(umask);
  await folder[Symbol.asyncDispose]();
});

describe.each([
  ['a file that is written whole', writeWhole],
  ['a file that is written once', writeOnce],
])('%s', (_name, write) => {
  it('is there with its content and nothing else beside it, its folders made', async () => {
    const path = join(folder.path, 'a', 'b', 'file');
    await write(path, 'text');
    expect(await readFile(path, 'utf8')).toBe('text');
    await write(join(folder.path, 'bytes'), Uint8Array.of(0, 255, 10));
    expect([...(await readFile(join(folder.path, 'bytes')))]).toEqual([0, 255, 10]);
    expect(await readdir(join(folder.path, 'a', 'b'))).toEqual(['file']);
    expect((await readdir(folder.path)).sort()).toEqual(['a', 'bytes']);
  });

  it('has the permissions that were asked for, and so have its new folders', async () => {
    const path = join(folder.path, 'private', 'file');
    await write(path, 'x', { mode: 0o600, folderMode: 0o700 });
    expect(await modeOf(path)).toBe(0o600);
    expect(await modeOf(join(folder.path, 'private'))).toBe(0o700);
    await write(join(folder.path, 'open', 'file'), 'x');
    expect(await modeOf(join(folder.path, 'open', 'file'))).toBe(0o644);
    expect(await modeOf(join(folder.path, 'open'))).toBe(0o755);
  });

  it('leaves no part of it behind when it cannot be written, and the error names the path', async () => {
    const target = join(folder.path, 'folder');
    await mkdir(join(target, 'inside'), { recursive: true });
    // A folder stands where the file should.
    await expect(write(target, 'x')).rejects.toMatchObject({ name: 'InputError', where: target });
    expect(await readdir(folder.path)).toEqual(['folder']);
    expect(await readdir(target)).toEqual(['inside']);
  });

  it('says which system error it was', async () => {
    await writeFile(join(folder.path, 'file'), '');
    const path = join(folder.path, 'file', 'deeper', 'below');
    await expect(write(path, 'x')).rejects.toThrow(/cannot write \(ENOTDIR\).*the folder must be writable/);
  });
});

describe('a file that is there already', () => {
  it('is replaced by one that is written whole, which has its own permissions', async () => {
    const path = join(folder.path, 'file');
    await writeFile(path, 'before');
    await chmod(path, 0o644);
    await writeWhole(path, 'after', { mode: 0o600 });
    expect(await readFile(path, 'utf8')).toBe('after');
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('is never replaced by one that is written once', async () => {
    const path = join(folder.path, 'file');
    await writeFile(path, 'before');
    await expect(writeOnce(path, 'after')).rejects.toMatchObject({
      name: 'InputError',
      message: `a file is already there [${path}] — it is never replaced`,
    });
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('is not followed where it is a link', async () => {
    const path = join(folder.path, 'link');
    await symlink(join(folder.path, 'elsewhere'), path);
    await expect(writeOnce(path, 'x')).rejects.toThrow(/already there/);
    await writeWhole(path, 'x');
    expect(await readdir(folder.path)).toEqual(['link']);
  });
});

describe('many writers at once', () => {
  const contents = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000));

  it('leave one of their contents, whole', async () => {
    const path = join(folder.path, 'file');
    await Promise.all(contents.map((content) => writeWhole(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('succeed once where the file is written once', async () => {
    const path = join(folder.path, 'file');
    const outcomes = await Promise.allSettled(contents.map((content) => writeOnce(path, content)));
    const won = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [contents[i]] : []));
    expect(won).toEqual([await readFile(path, 'utf8')]);
    expect(await readdir(folder.path)).toEqual(['file']);
  });
});
