import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const DIGEST = 'a'.repeat(64);

describe('bad input', () => {
  it.each<[string, string[], NodeJS.ProcessEnv, number, RegExp]>([
    ['an unknown dataset', ['run', '--dataset', 'minst'], {}, 2, /unknown dataset 'minst' \[dataset\] — use mnist/],
    ['an unknown engine', ['run', '--engine', 'abacus'], {}, 2, /--engine.*abacus.*auto, simd, seal, webgpu/],
    ['an unknown option', ['run', '--fast'], {}, 2, /unknown option '--fast'/],
    ['an unknown command', ['evaluate'], {}, 2, /unknown command 'evaluate'/],
    ['a number out of range', ['run', '--epochs', '0'], {}, 2, /whole number from 1 to 200/],
    ['a digest that is none', ['enqueue', '--dataset', 'x', '--model', DIGEST], {}, 2, /64 hex digits/],
    ['a blob that is not there', ['enqueue', '--dataset', DIGEST, '--model', DIGEST], {}, 3, /blob a{64} is not there/],
    ['a queue that does not answer', ['worker'], { REDIS_URL: 'redis://127.0.0.1:1' }, 5, /Redis does not answer/],
    ['a Redis address that is none', ['worker'], { REDIS_URL: 'localhost' }, 2, /REDIS_URL: must be like redis/],
    ['a worker without a shared queue', ['worker'], {}, 2, /REDIS_URL.*npm start/],
    ['a dataset without keys', ['dataset', 'encrypt', 'mnist', '--images', '5'], {}, 2, /no key file.*keys create/],
    [
      'an encoding that is taken for encryption',
      ['dataset', 'encode', 'mnist'],
      {},
      2,
      /obfuscated, not encrypted.*--obfuscated.*dataset encrypt/,
    ],
    ['data that is no images', ['dataset', 'encode', 'package.json', '--obfuscated'], {}, 2, /only grey images in IDX/],
    ['an unknown dataset to encode', ['dataset', 'encode', 'minst', '--obfuscated'], {}, 2, /unknown dataset 'minst'/],
    [
      'a key that is not there',
      ['dataset', 'encode', 'mnist', '--obfuscated', '--key', 'no.json'],
      {},
      2,
      /no key of an enc/,
    ],
    ['an encoded copy of somebody else', ['dataset', 'train', DIGEST], {}, 2, /no encoded copy a{12}… was made here/],
    [
      'two kinds of data to train on',
      ['model', 'train', 'mlp', '--dataset', 'mnist', '--stored', DIGEST],
      {},
      2,
      /cannot be used/,
    ],
    ['a report that is not there', ['report', 'eval-nothing'], {}, 2, /no report/],
    ['a path as a report id', ['report', '../../etc/passwd'], {}, 2, /must be an id/],
  ])('%s gets one clear line and a non-zero exit', async (_name, args, env, code, message) => {
    await using folder = await temporaryFolder();
    const result = await runCli(args, { CIPHERNET_DATA: join(folder.path, 'data'), ...env });
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(code);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stdout).toBe('');
  });

  it('a truncated dataset is named with its file, before anything is trained or written', async () => {
    await using folder = await temporaryFolder();
    const bad = join(folder.path, 'idx');
    await mkdir(bad);
    await writeFile(join(bad, 't10k-images-idx3-ubyte'), Buffer.alloc(20));
    await writeFile(join(bad, 't10k-labels-idx1-ubyte'), Buffer.alloc(20));
    const result = await runCli(['run', '--dataset', bad, '--trained', DIGEST], {
      CIPHERNET_DATA: join(folder.path, 'data'),
    });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/t10k-images-idx3-ubyte.*fetch the file again/);
  });

  it('keys are made once, and a second time refused without touching them', async () => {
    await using folder = await temporaryFolder();
    const env = { CIPHERNET_DATA: folder.path, CIPHERNET_PASSPHRASE: 'correct horse' };
    const first = await runCli(['keys', 'create', '--profile', 'one-square'], env);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/128 bits/);
    expect(first.stdout + first.stderr).not.toContain('correct horse');
    const second = await runCli(['keys', 'create', '--profile', 'one-square'], env);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/already there/);
  });

  const isRoot = process.getuid?.() === 0;
  it('a data folder that cannot be written is named', async () => {
    await using folder = await temporaryFolder();
    const blocked = join(folder.path, 'blocked');
    // Root may write anywhere: a file in the folder's place stops root too.
    if (isRoot) await writeFile(blocked, '');
    else {
      await mkdir(blocked);
      await chmod(blocked, 0o500);
    }
    const result = await runCli(['run'], { CIPHERNET_DATA: join(blocked, 'data') });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/blob store failed.*CIPHERNET_DATA/);
    expect((await readdir(folder.path)).length).toBe(1);
  });
});

describe('help', () => {
  it.each([
    [['--help']],
    [['run', '--help']],
    [['enqueue', '--help']],
    [['dataset', 'encrypt', '--help']],
    [['worker', '--help']],
  ])('%j shows examples or the environment and exits 0', async (args) => {
    const { code, stdout } = await runCli(args, {});
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:|Environment:/);
  });
});
