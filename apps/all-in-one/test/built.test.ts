import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

interface Built {
  readonly digestOf: (root: string) => string;
  readonly isBuilt: (root: string, digest: string) => boolean;
  readonly markBuilt: (root: string, digest: string) => void;
}
const { digestOf, isBuilt, markBuilt } = createRequire(import.meta.url)('../../../scripts/built.cjs') as Built;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const put = async (path: string, text = ''): Promise<string> => {
  const file = join(folder.path, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
};
beforeEach(async () => {
  folder = await temporaryFolder();
  for (const path of ['nx.json', 'package.json', 'package-lock.json', 'tsconfig.base.json']) await put(path, '{}');
  for (const path of ['attacks/fuzz.mjs', 'scripts/test.mjs', 'node_modules/x/package.json']) await put(path);
  for (const name of ['apps/owner', 'libs/ring']) {
    for (const path of ['package.json', 'src/index.ts', 'dist/index.js', 'test/a.test.ts'])
      await put(`${name}/${path}`);
  }
});
afterEach(async () => folder[Symbol.asyncDispose]());

describe('whether the build is of the sources at hand', () => {
  it('is so after a build, and stays so when tests and what is built change', async () => {
    const digest = digestOf(folder.path);
    expect(isBuilt(folder.path, digest)).toBe(false);
    markBuilt(folder.path, digest);
    await put('libs/ring/test/a.test.ts', 'another');
    await put('libs/ring/dist/more.js');
    await put('node_modules/y/index.js');
    expect(isBuilt(folder.path, digestOf(folder.path))).toBe(true);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a source is edited', () => put('libs/ring/src/index.ts', 'export {};')],
    ['a source is new', () => put('libs/ring/assembly/ntt.ts')],
    ['a source is gone', () => rm(join(folder.path, 'apps/owner/src/index.ts'))],
    ['the lock file changes', () => put('package-lock.json', '{"a":1}')],
    ['a source is another of the same length', async () => utimes(await put('nx.json', '[]'), 1, 1)],
    ['a package was cleaned', () => rm(join(folder.path, 'libs/ring/dist'), { recursive: true })],
  ])('is not when %s', async (_what, change) => {
    markBuilt(folder.path, digestOf(folder.path));
    await change();
    expect(isBuilt(folder.path, digestOf(folder.path))).toBe(false);
  });

  it('is not when a source was edited while it was built', async () => {
    const before = digestOf(folder.path);
    await put('libs/ring/src/index.ts', 'export {};');
    markBuilt(folder.path, before);
    expect(isBuilt(folder.path, digestOf(folder.path))).toBe(false);
  });
});
