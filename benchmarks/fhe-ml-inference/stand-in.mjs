// Stands in for the benchmark's harness where that is not on the machine: the same executables in the same order, whole processes
// timed, the same folders measured. A figure of it is ours, not the referee's.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '@ciphernet/foundation';
import { assemble } from './assemble.mjs';
import { INSTANCES, writeInstance } from './instances.mjs';

const FOLDER = 'submission';

/** Runs a program in the repository and gives its seconds. @throws Error with what it said when it fails */
function timed(repository, command, args) {
  const started = performance.now();
  const { status, stderr, error } = spawnSync(command, args, { cwd: repository, encoding: 'utf8' });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${command} ended with ${status ?? error}: ${String(stderr).trim()}`);
  return seconds;
}

/** A stage that is not there is skipped, as by the harness. */
function stage(repository, name, ...args) {
  const path = join(repository, FOLDER, 'build', name);
  return existsSync(path) ? timed(repository, path, args) : 0;
}

/** Bytes by `du -sb`, those of the folder itself among them. */
function bytesOf(path) {
  const { status, stdout } = spawnSync('du', ['-sb', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`du cannot measure ${path}`);
  return Number(stdout.split('\t')[0]);
}

/** Predictions of a file, an integer a line. @throws Error unless there is one for each label */
export function readPredictions(path, labels) {
  if (!existsSync(path)) throw new Error(`no predictions: ${path} is missing`);
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  if (lines.length !== labels.length)
    throw new Error(`${lines.length} predictions for ${labels.length} images: ${path}`);
  const wrong = lines.findIndex((line) => !/^\d+$/.test(line));
  if (wrong >= 0) throw new Error(`line ${wrong + 1} is no class: ${path}`);
  return lines.map(Number);
}

/**
 * @param {string} repository a folder that this may fill
 * @param {{ size: number, network: string, key: string, runs: number }} options
 */
export async function runStandIn(repository, { size, network, key, runs }) {
  const instance = INSTANCES[size];
  const argument = String(size);
  assemble(repository, FOLDER, { network, key });
  const labels = await writeInstance(repository, instance);
  timed(repository, join(repository, 'scripts', 'get_openfhe.sh'), []);
  timed(repository, join(repository, 'scripts', 'build_task.sh'), [`./${FOLDER}`]);
  const io = join(repository, 'io', instance.name);
  rmSync(io, { recursive: true, force: true });
  mkdirSync(io, { recursive: true });

  const keys = stage(repository, 'client_key_generation', argument);
  const prepared = stage(repository, 'server_preprocess_model');
  const measured = [];
  for (let run = 0; run < runs; run++) {
    const preprocess = stage(repository, 'client_preprocess_input', argument);
    const encrypt = stage(repository, 'client_encode_encrypt_input', argument);
    const compute = stage(repository, 'server_encrypted_compute', argument);
    const decrypt =
      stage(repository, 'client_decrypt_decode', argument) + stage(repository, 'client_postprocess', argument);
    const predictions = readPredictions(join(io, 'encrypted_model_predictions.txt'), labels);
    const right = predictions.filter((prediction, image) => prediction === labels[image]).length;
    measured.push({ preprocess, encrypt, compute, decrypt, accuracy: right / labels.length });
  }
  const of = (name) => median(measured.map((run) => run[name]));
  return {
    measuredBy: 'stand-in of this project, not the harness of HomomorphicEncryption.org',
    size,
    images: instance.images,
    network,
    key,
    runs,
    accuracy: Math.min(...measured.map(({ accuracy }) => accuracy)),
    seconds: {
      keys,
      preprocess: prepared + of('preprocess'),
      encrypt: of('encrypt'),
      compute: of('compute'),
      decrypt: of('decrypt'),
    },
    bytes: {
      keys: bytesOf(join(io, 'public_keys')),
      upload: bytesOf(join(io, 'ciphertexts_upload')),
      download: bytesOf(join(io, 'ciphertexts_download')),
    },
    serverSteps: JSON.parse(readFileSync(join(io, 'server_reported_steps.json'), 'utf8')),
  };
}
