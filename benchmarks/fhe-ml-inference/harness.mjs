// Runs the benchmark's own harness, where a checkout of it is on the machine, on this submission.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '@ciphernet/foundation';
import { assemble } from './assemble.mjs';
import { INSTANCES } from './instances.mjs';

const UNITS = 'BKMGTP';

/** `73.5M`, in powers of 1,024, as the harness writes sizes: one decimal of them is all there is. */
export function bytesOfText(text) {
  const [, number, unit] = /^([\d.]+)([BKMGTP])$/.exec(text ?? '') ?? [];
  if (number === undefined) throw new Error(`the harness gives a size as '${text}'`);
  return Math.round(Number(number) * 1024 ** UNITS.indexOf(unit));
}

/** `0.32s` */
export function secondsOfText(text) {
  const [, number] = /^([\d.]+)s$/.exec(text ?? '') ?? [];
  return number === undefined ? 0 : Number(number);
}

/** What one run of the harness wrote, in our terms; names of its steps as of March 2026. */
export function figuresOf({ Timing: timing, Bandwidth: bandwidth, Quality: quality }) {
  return {
    accuracy: quality?.['Encrypted model quality']?.accuracy,
    seconds: {
      keys: secondsOfText(timing['Key Generation']),
      preprocess: secondsOfText(timing['Encrypted model preprocessing']) + secondsOfText(timing['Input preprocessing']),
      encrypt: secondsOfText(timing['Input encryption']),
      compute: secondsOfText(timing['Encrypted computation']),
      decrypt: secondsOfText(timing['Result decryption']) + secondsOfText(timing['Result postprocessing']),
    },
    bytes: {
      keys: bytesOfText(bandwidth['Public and evaluation keys']),
      upload: bytesOfText(bandwidth['Encrypted input']),
      download: bytesOfText(bandwidth['Encrypted results']),
    },
  };
}

/**
 * @param {string} repository checkout of the benchmark's repository: scripts and submission of it are replaced
 * @param {{ size: number, network: string, key: string, runs: number, folder?: string }} options
 */
export function runHarness(repository, { size, network, key, runs, folder }) {
  const script = join(repository, 'harness', 'run_submission.py');
  if (!existsSync(script)) throw new Error(`no harness: ${script} is missing`);
  // Since 2026 a repository has a folder a model.
  const hasModels = existsSync(join(repository, 'submissions'));
  const place = folder ?? (hasModels ? `submissions/${network}` : 'submission');
  assemble(repository, place, { network, key });
  const named = hasModels ? ['--model', place.split('/').at(-1)] : [];
  const { status } = spawnSync('python3', [script, String(size), '--num_runs', String(runs), ...named], {
    cwd: repository,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`the harness ended with ${status}`);
  const { name, images } = INSTANCES[size];
  const results = Array.from({ length: runs }, (_, run) =>
    figuresOf(JSON.parse(readFileSync(join(repository, 'measurements', name, `results-${run + 1}.json`), 'utf8'))),
  );
  const medianOf = (part, field) => median(results.map((result) => result[part][field]));
  const all = (part) =>
    Object.fromEntries(Object.keys(results[0][part]).map((field) => [field, medianOf(part, field)]));
  return {
    measuredBy: 'harness of HomomorphicEncryption.org',
    size,
    images,
    network,
    key,
    runs,
    // Of a single image the harness says right or wrong, and ends where it is wrong.
    accuracy: results[0].accuracy === undefined ? 1 : Math.min(...results.map(({ accuracy }) => accuracy)),
    seconds: all('seconds'),
    bytes: all('bytes'),
  };
}
