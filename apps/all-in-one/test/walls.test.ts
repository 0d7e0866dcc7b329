import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { closureOf, findViolations, loadedBy } from '../../../scripts/module-graph.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

interface Fixture {
  readonly party: string;
  readonly dependencies?: readonly string[];
  readonly source: string;
}

/** A workspace of small packages, `libs/x` or `apps/x`, each with one source file. */
async function violationsOf(packages: Readonly<Record<string, Fixture>>): Promise<string[]> {
  await using folder = await temporaryFolder();
  for (const [path, { party, dependencies = [], source }] of Object.entries(packages)) {
    const name = `@ciphernet/${path.split('/')[1] ?? ''}`;
    const manifest = {
      name,
      dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])),
      nx: { tags: [`party:${party}`] },
    };
    const file = join(folder.path, path, 'src', 'index.ts');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);
    await writeFile(join(folder.path, path, 'package.json'), JSON.stringify(manifest));
  }
  return findViolations(folder.path);
}

const keyring: Fixture = { party: 'client', source: 'export const secret = 1;' };
const worker = (source: string, dependencies: readonly string[] = []): Readonly<Record<string, Fixture>> => ({
  'libs/keyring': keyring,
  'libs/shared': { party: 'shared', source: 'export const open = 1;' },
  'apps/worker': { party: 'compute', dependencies, source },
});

describe('the walls between parties', () => {
  it('hold in this repository', () => {
    expect(findViolations(ROOT)).toEqual([]);
  });

  it('let a worker import what is shared', async () => {
    expect(await violationsOf(worker("import { open } from '@ciphernet/shared';", ['@ciphernet/shared']))).toEqual([]);
  });

  it.each<[string, string, readonly string[], RegExp]>([
    [
      'a static import of the keyring',
      "import { secret } from '@ciphernet/keyring';",
      ['@ciphernet/keyring'],
      /compute may not reach client/,
    ],
    [
      'an import for its effects',
      "import '@ciphernet/keyring';",
      ['@ciphernet/keyring'],
      /compute may not reach client/,
    ],
    [
      'a dynamic import',
      "export const k = () => import('@ciphernet/keyring');",
      ['@ciphernet/keyring'],
      /compute may not reach client/,
    ],
    ['an import that is not declared', "await import('@ciphernet/keyring');", [], /may not reach client/],
    ['a computed import', "const n = '@ciphernet/' + 'keyring'; await import(n);", [], /a name that is computed/],
    ['a re-export', "export * from '@ciphernet/keyring';", ['@ciphernet/keyring'], /compute may not reach client/],
    [
      'a relative path into another package',
      "await import('../../../libs/keyring/dist/index.js');",
      [],
      /leads out of its package/,
    ],
    [
      'a thread started from another package',
      "new Worker(new URL('../../../libs/keyring/dist/encrypt-thread.js', import.meta.url));",
      [],
      /leads out of its package/,
    ],
    [
      'a require',
      "import { createRequire } from 'node:module';\ncreateRequire(import.meta.url)('@ciphernet/keyring');",
      [],
      /may not reach client/,
    ],
    [
      'a file behind a front door',
      "import { x } from '@ciphernet/shared/dist/x.js';",
      ['@ciphernet/shared'],
      /only its front door is public/,
    ],
    [
      'commands of what is no app',
      "import { x } from '@ciphernet/shared/commands';",
      ['@ciphernet/shared'],
      /only its front door is public/,
    ],
    ['an absolute address', "await import('file:///somewhere/keyring.js');", [], /is an address, not a package/],
    ['all of SEAL', "import seal from 'node-seal';", ['node-seal'], /only @ciphernet\/seal and @ciphernet\/keyring/],
    ['a package that nothing declares', "import x from 'left-pad';", [], /not among the dependencies/],
  ])('stop %s', async (_what, source, dependencies, message) => {
    expect((await violationsOf(worker(source, dependencies))).join('\n')).toMatch(message);
  });

  it('stop a chain through a shared package', async () => {
    const problems = await violationsOf({
      'libs/keyring': keyring,
      'libs/shared': {
        party: 'shared',
        dependencies: ['@ciphernet/keyring'],
        source: "export * from '@ciphernet/keyring';",
      },
      'apps/worker': {
        party: 'compute',
        dependencies: ['@ciphernet/shared'],
        source: "import { secret } from '@ciphernet/shared';",
      },
    });
    expect(problems.join('\n')).toMatch(
      /worker → @ciphernet\/shared → @ciphernet\/keyring: compute may not reach client/,
    );
  });

  it('stop circles, and libraries that import apps', async () => {
    const problems = await violationsOf({
      'libs/a': { party: 'shared', dependencies: ['@ciphernet/b'], source: "import '@ciphernet/b';" },
      'libs/b': {
        party: 'shared',
        dependencies: ['@ciphernet/a', '@ciphernet/c'],
        source: "import '@ciphernet/a';\nimport '@ciphernet/c';",
      },
      'apps/c': { party: 'shared', source: '' },
    });
    expect(problems.join('\n')).toMatch(/circular/);
    expect(problems.join('\n')).toMatch(/a library imports the app/);
  });

  it('see every way in which a source loads another', () => {
    const source = `
      import a from 'a'; import type { B } from 'b'; export { c } from 'c'; export * from 'd';
      const e = await import('e'); const f = require('f'); import g = require('g');
      new URL('./h.js', import.meta.url); createRequire(import.meta.url).resolve('i');`;
    expect(loadedBy(source)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', './h.js', 'i']);
  });
});

describe('an installation', () => {
  const owners = ['keyring', 'producer', 'collector', 'owner', 'owner-records'].map((name) => `@ciphernet/${name}`);

  it.each(['worker', 'operator'])('of the %s holds no package of the owner', (app) => {
    const names = closureOf(ROOT, `@ciphernet/${app}`).map(({ name }) => name);
    expect(names).toContain('@ciphernet/queue');
    expect(names.filter((name) => owners.includes(name))).toEqual([]);
  });

  it('of the owner holds them, and no engine', () => {
    const names = closureOf(ROOT, '@ciphernet/owner').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(owners));
    expect(names).not.toContain('@ciphernet/engines');
  });
});
