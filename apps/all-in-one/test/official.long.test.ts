import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const OFFICIAL = fileURLToPath(new URL('../../../benchmarks/fhe-ml-inference/official.mjs', import.meta.url));

interface Figures {
  readonly measuredBy: string;
  readonly images: number;
  readonly accuracy: number;
  readonly seconds: Readonly<Record<'keys' | 'preprocess' | 'encrypt' | 'compute' | 'decrypt', number>>;
  readonly bytes: Readonly<Record<'keys' | 'upload' | 'download', number>>;
}

function run(...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [OFFICIAL, ...args], { encoding: 'utf8' });
}

/** Runs it and reads the figures that it writes. */
async function figuresOf(...args: string[]): Promise<Figures & { readonly stdout: string }> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'figures.json');
  const { status, stdout, stderr } = run(...args, '--json', file);
  expect([stderr, status]).toEqual([stderr, 0]);
  return { ...(JSON.parse(await readFile(file, 'utf8')) as Figures), stdout };
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('the official benchmark', () => {
  it('runs a single image through a stand-in that says it is one, with a small upload', async () => {
    const figures = await figuresOf('--size', '0', '--runs', '1');
    expect(figures.stdout).toMatch(/stand-in of ours/);
    expect(figures.measuredBy).toMatch(/not the harness/);
    expect(figures).toMatchObject({ images: 1, accuracy: 1 });
    // du counts the folder itself, 4,096 bytes.
    expect(figures.bytes.keys).toBeLessThanOrEqual(5000);
    expect(figures.bytes.upload).toBeLessThanOrEqual(2e6);
    expect(Object.values(figures.seconds).every((seconds) => seconds >= 0 && seconds < 600)).toBe(true);
  });

  it.each([
    // One batch: two and three primes with a seed, at N = 4096, four primes without, at twice that.
    ['mlp', 'symmetric', 0.97, 26e6],
    ['cnn', 'symmetric', 0.98, 39e6],
    ['cnn', 'public', 0.98, 206e6],
  ] as const)('runs a hundred images on %s with the %s key', async (network, key, accuracy, upload) => {
    const figures = await figuresOf('--size', '1', '--runs', '1', '--network', network, '--key', key);
    expect(figures.images).toBe(100);
    expect(figures.accuracy).toBeGreaterThanOrEqual(accuracy);
    expect(figures.bytes.upload).toBeLessThan(upload);
  });

  (hasPython ? it : it.skip)('runs a harness that is given, on a submission in the folder that it wants', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'harness'));
    await mkdir(join(folder.path, 'submissions'));
    // What the harness does, as far as this side of it can tell: build, then write measurements.
    await writeFile(
      join(folder.path, 'harness', 'run_submission.py'),
      `import json, os, sys
assert sys.argv[1:] == ["1", "--num_runs", "2", "--model", "mlp"], sys.argv
for stage in ["client_key_generation", "client_encode_encrypt_input", "server_encrypted_compute", "client_decrypt_decode"]:
    assert os.path.exists("submissions/mlp/stages/" + stage), stage
assert os.access("scripts/build_task.sh", os.X_OK) and os.access("scripts/get_openfhe.sh", os.X_OK)
os.makedirs("measurements/small")
for run in (1, 2):
    json.dump({
        "Timing": {"Key Generation": "0.2s", "Encrypted model preprocessing": "0.0s", "Input preprocessing": "0.0s",
                   "Input encryption": "0.5s", "Encrypted computation": f"0.{run}s", "Result decryption": "0.3s",
                   "Result postprocessing": "0.0s"},
        "Bandwidth": {"Public and evaluation keys": "4.0K", "Encrypted input": "24.5M", "Encrypted results": "450.0K"},
        "Quality": {"Encrypted model quality": {"accuracy": 0.99}},
    }, open(f"measurements/small/results-{run}.json", "w"))
`,
    );
    const figures = await figuresOf('--size', '1', '--runs', '2', '--harness', folder.path);
    expect(figures).toMatchObject({
      measuredBy: 'harness of HomomorphicEncryption.org',
      accuracy: 0.99,
      seconds: { keys: 0.2, encrypt: 0.5, decrypt: 0.3 },
      bytes: { keys: 4096, upload: Math.round(24.5 * 2 ** 20), download: 450 * 1024 },
    });
    expect(figures.seconds.compute).toBeCloseTo(0.15, 6);
  });

  it.each<[string, string[], number, RegExp]>([
    ['a size that is none', ['--size', '4'], 2, /no size '4'/],
    ['a network without weights', ['--network', 'resnet'], 2, /no network 'resnet'/],
    ['an unknown option', ['--fast'], 2, /fast/],
    ['a harness that is not there', ['--harness', '/nonexistent'], 1, /no harness: .*run_submission.py is missing/],
  ])('%s gets a clear line', (_name, args, status, message) => {
    const result = run(...args);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });
});
