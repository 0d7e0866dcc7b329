import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listImageFolder } from '../src/datasets/images/folder.js';
import { readImageList } from '../src/datasets/images/list.js';

let base: string;
let root: string;

/** Writes files, empty unless they are given a text, into the folder that is listed. */
async function write(files: Record<string, string> | readonly string[]): Promise<void> {
  const all = Array.isArray(files) ? files.map((name) => [name as string, ''] as const) : Object.entries(files);
  for (const [name, text] of all) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ciphernet-test-'));
  root = join(base, 'set');
  await mkdir(root);
  await writeFile(join(base, 'outside.png'), '');
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe('a folder of images', () => {
  const labelled = async () => {
    const { entries } = await listImageFolder(root);
    return entries.map(({ path, label }) => `${label}: ${relative(root, path)}`);
  };

  it('is listed by class and name, in the order of code units', async () => {
    await write(['b/2.png', 'b/10.PNG', 'a-b/x.jpg', 'a/z.jpeg', 'B/é.png', 'B/z.png']);
    expect(await labelled()).toEqual([
      'B: B/z.png',
      'B: B/é.png',
      'a: a/z.jpeg',
      'a-b: a-b/x.jpg',
      'b: b/10.PNG',
      'b: b/2.png',
    ]);
    expect((await listImageFolder(root)).classes).toEqual(['B', 'a', 'a-b', 'b']);
  });

  it('names the files that it leaves out, hidden ones excepted', async () => {
    await write(['a/1.png', 'a/Thumbs.db', 'a/.DS_Store', '.git/x.png', 'README.md', 'a/2.gif']);
    const { entries, ignored } = await listImageFolder(root);
    expect(entries).toHaveLength(1);
    expect(ignored).toEqual(['README.md', 'a/2.gif', 'a/Thumbs.db']);
  });

  it('may have links that stay inside, whose targets are named', async () => {
    await write(['a/1.png']);
    await mkdir(join(root, 'b'));
    await symlink('../a/1.png', join(root, 'b', 'one.png'));
    await symlink('a', join(root, 'c'));
    expect(await labelled()).toEqual(['a: a/1.png', 'b: a/1.png', 'c: a/1.png']);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ['an image in no class', () => write(['a/1.png', 'x.png']), /x\.png is in no class/],
    ['an image deeper than a class', () => write(['a/1.png', 'a/deep/2.png']), /a\/deep is a folder inside of a class/],
    ['a class without images', () => write(['a/1.png', 'b/notes.txt']), /class b has no images/],
    ['no class', () => write(['README.md']), /no folder of images/],
    [
      'a linked file outside',
      () => write(['a/1.png']).then(() => symlink('../../outside.png', join(root, 'a/2.png'))),
      /'a\/2\.png' leads out/,
    ],
    ['a linked folder outside', () => write(['a/1.png']).then(() => symlink('..', join(root, 'b'))), /'b' leads out/],
    ['a link to itself', () => write(['a/1.png']).then(() => symlink('.', join(root, 'b'))), /'b' leads out/],
    [
      'a link to nothing',
      () => write(['a/1.png']).then(() => symlink('none.png', join(root, 'a/2.png'))),
      /no such file.*2\.png/,
    ],
  ])('with %s is refused', async (_name, make, message) => {
    await make();
    const failure = listImageFolder(root);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'InputError' });
  });

  it('that is not there is refused', async () => {
    await expect(listImageFolder(join(root, 'none'))).rejects.toThrow(/no such folder.*none/);
  });
});

describe('a list of images', () => {
  const read = async (csv: string, options = {}) => {
    await write({ 'sub/list.csv': csv });
    const entries = await readImageList(join(root, 'sub', 'list.csv'), options);
    return entries.map(({ path, label }) => [relative(join(root, 'sub'), path), label]);
  };

  beforeEach(() => write(['sub/1.png', 'sub/in/a, "b".png', 'other.png']));

  it('is read in its order; labels are text', async () => {
    const csv = '\uFEFFid,path,label\r\n7,"in/a, ""b"".png",cat\r\n8,./in/../1.png,007\r\n\r\n9,1.png,cat\r\n';
    expect(await read(csv)).toEqual([
      ['in/a, "b".png', 'cat'],
      ['1.png', '007'],
      ['1.png', 'cat'],
    ]);
  });

  it('may have no labels, other headings and another delimiter', async () => {
    expect(await read('path\n1.png\n')).toEqual([['1.png', undefined]]);
    const options = { pathColumn: 'file', labelColumn: 'class', delimiter: ';' };
    expect(await read('class;file\nx;1.png', options)).toEqual([['1.png', 'x']]);
  });

  it.each<[string, string, object, RegExp]>([
    ['no lines', '', {}, /names no images/],
    ['no images', 'path,label\n', {}, /names no images/],
    ['no column of paths', 'file,label\n1.png,a', {}, /no column 'path'.*file, label/],
    ['no column of labels that was asked for', 'path\n1.png', { labelColumn: 'class' }, /no column 'class'/],
    ['two columns of paths', 'path,path\n1.png,1.png', {}, /more than one column 'path'/],
    ['a line without a path', 'path,label\n1.png,a\n,b', {}, /a line without a path.*list\.csv:3/],
    ['a line without a label', 'path,label\n1.png,', {}, /a line without a label.*list\.csv:2/],
    ['a line of too few fields', 'path,label\n1.png', {}, /comma-separated.*line 2/i],
    ['an open quote', 'path,label\n"1.png,a', {}, /comma-separated/],
    ['an endless line', `path,label\n${'x'.repeat(70_000)},a`, {}, /comma-separated/],
    ['a missing file', 'path,label\n1.png,a\n2.png,a', {}, /no such file.*2\.png.*list\.csv:3/],
    ['a path with a zero', 'path,label\n1\0.png,a', {}, /no such file.*list\.csv:2/],
    ['a path that leads out', 'path,label\n../other.png,a', {}, /leads out.*list\.csv:2/],
    ['a path that leads out further on', 'path,label\nin/../../other.png,a', {}, /leads out/],
    ['an absolute path', 'path,label\n/etc/passwd,a', {}, /'\/etc\/passwd' leads out/],
    ['the folder itself', 'path,label\n.,a', {}, /leads out/],
  ])('with %s is refused', async (_name, csv, options, message) => {
    const failure = read(csv, options);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'InputError' });
  });

  it('with links that lead out, in a file or a folder, is refused', async () => {
    await symlink('../other.png', join(root, 'sub', 'out.png'));
    await symlink('..', join(root, 'sub', 'up'));
    await symlink('1.png', join(root, 'sub', 'one.png'));
    await expect(read('path\nout.png')).rejects.toThrow(/leads out/);
    await expect(read('path\nup/other.png')).rejects.toThrow(/leads out/);
    expect(await read('path\none.png')).toEqual([['1.png', undefined]]);
  });

  it('that is not a file is refused', async () => {
    await expect(readImageList(join(root, 'sub'))).rejects.toThrow(/not a plain file/);
    await expect(readImageList(join(root, 'none.csv'))).rejects.toThrow(/cannot be read.*none\.csv/);
  });
});
