import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const program = (name: string): string => join(ROOT, 'benchmarks', 'fhe-ml-inference', 'programs', `${name}.mjs`);

function node(...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const bundle = (entry: string, target: string, ...rest: string[]) =>
  node(join(ROOT, 'scripts', 'bundle.mjs'), program(entry), target, ...rest);

describe('a program in one file', () => {
  it('starts, and is the program that it was made of', async () => {
    await using folder = await temporaryFolder();
    const target = join(folder.path, 'server.cjs');
    const made = bundle('server', target, 'compute', '@ciphernet/compute-files');
    expect([made.stderr, made.status]).toEqual(['', 0]);
    const help = node(target, 'infer', '--help');
    expect(help.stdout).toMatch(/evaluate a compiled model on a folder of encrypted batches/);
    const failed = node(target, 'infer', join(folder.path, 'a'), join(folder.path, 'b'), join(folder.path, 'c'));
    expect(failed.stderr).toMatch(/^ciphernet-server: no folder of encrypted batches/);
    expect(failed.status).toBe(2);
  });

  it('of a server holds nothing of the owner’s, and with it is not made', async () => {
    await using folder = await temporaryFolder();
    const target = join(folder.path, 'server.cjs');
    bundle('server', target, 'compute', '@ciphernet/compute-files');
    const text = await readFile(join(folder.path, 'server.bundle.js'), 'utf8');
    expect(text).toMatch(/libs\/engines/);
    expect(text).not.toMatch(/libs\/keyring|secret\.key\.json/);
    const mixed = bundle('client', join(folder.path, 'mixed.cjs'), 'compute', '@ciphernet/client-files');
    expect(mixed.stderr).toMatch(/a program of compute may not hold .*, which is of client/);
    expect(mixed.status).toBe(1);
  });

  it('runs with the code that an earlier run kept, and without it where that is of another program or none', async () => {
    await using folder = await temporaryFolder();
    const target = join(folder.path, 'client.cjs');
    const code = join(folder.path, 'client.code');
    bundle('client', target, 'client', '@ciphernet/client-files');
    const help = () => node(target, 'encrypt', '--help');
    const before = help();
    expect(before.stdout).toMatch(/Usage: ciphernet-client encrypt/);
    await expect(readFile(code)).rejects.toThrow(/ENOENT/);
    node(
      '--eval',
      `process.env.BUNDLE_KEEPS_CODE = '1'; process.argv.push('encrypt', '--help'); require(${JSON.stringify(target)})`,
    );
    const kept = await readFile(code);
    expect(kept.length).toBeGreaterThan(100_000);
    expect(help()).toEqual(before);
    const damaged = Buffer.from(kept);
    for (let at = kept.length / 2; at < kept.length / 2 + 100; at++) damaged[at]! ^= 0xff;
    const others = [
      Buffer.alloc(0),
      Buffer.from('no code'),
      kept.subarray(0, 1000),
      Buffer.alloc(kept.length),
      damaged,
    ];
    for (const other of others) {
      await writeFile(code, other);
      expect(help()).toEqual(before);
    }

    // V8 takes code for every source of the same length.
    const source = join(folder.path, 'client.bundle.js');
    const text = await readFile(source, 'utf8');
    await writeFile(code, kept);
    await writeFile(source, text.replace('encrypt the examples', 'ENCRYPT the examples'));
    expect(help().stdout).toMatch(/ENCRYPT the examples/);
  });

  it('loads by TypeScript’s own names when they are used, and by others at once', () => {
    const text = [
      "const plain_1 = require('a');",
      "const wrapped_js_1 = __importDefault(require('b'));",
      "const named = require('d');",
      'exports.make = () => new plain_1.Made(wrapped_js_1.default, { plain: plain_1.plain, named });',
      "require('c');",
    ].join('\n');
    const script = `
      import { deferred } from ${JSON.stringify(join(ROOT, 'scripts', 'bundle.mjs'))};
      const loaded = [];
      const modules = { a: { Made: class { constructor(b, rest) { this.text = b + rest.plain + rest.named; } }, plain: 'A' }, b: 'B', c: 0, d: 'D' };
      const require = (name) => { loaded.push(name); return modules[name]; };
      const later = (load) => { let known; return () => (known ??= load()); };
      const exports = {};
      new Function('require', 'exports', '__later', '__importDefault', deferred(${JSON.stringify(text)}))(
        require, exports, later, (module) => ({ default: module }));
      const before = [...loaded];
      console.log(JSON.stringify([before, exports.make().text, exports.make().text, loaded]));`;
    const { stdout, stderr } = node('--input-type=module', '--eval', script);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([['d', 'c'], 'BAD', 'BAD', ['d', 'c', 'a', 'b']]);
  });
});
