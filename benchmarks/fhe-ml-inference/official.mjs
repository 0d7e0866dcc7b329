#!/usr/bin/env node
// The benchmark `ml-inference` of HomomorphicEncryption.org on this project, by its own harness or by our stand-in for it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../scripts/packages.mjs';
import { KEYS, NETWORKS } from './assemble.mjs';
import { runHarness } from './harness.mjs';
import { INSTANCES } from './instances.mjs';
import { runStandIn } from './stand-in.mjs';

const USAGE = `Usage: npm run official -- [--size 0|1|2|3] [--network ${NETWORKS.join('|')}] [--key ${KEYS.join('|')}]
                           [--runs N] [--harness FOLDER [--folder NAME]] [--json FILE]

  --size     ${INSTANCES.map(({ name, images }, size) => `${size} ${name}: ${images}`).join(', ')} (default: 1)
  --network  mlp: dense 128, one square; cnn: convolution 16@7×7/3, 64, two squares (default: mlp)
  --key      what inputs are encrypted with (default: symmetric)
  --runs     as often the steps of an input, after one making of keys; medians are reported (default: 3)
  --harness  a checkout of the benchmark's repository: its harness runs, on this submission. Nothing is fetched.
  --folder   the submission's folder in it (default: submissions/<network>, or submission where there is no such folder)
  --json     also write the figures as JSON

Without --harness a stand-in of ours runs: the same executables in the same order, on the same files.`;

function usageError(message) {
  console.error(`official: ${message}\n\n${USAGE}`);
  process.exit(2);
}

function parse() {
  const options = {
    size: { type: 'string', default: '1' },
    network: { type: 'string', default: 'mlp' },
    key: { type: 'string', default: 'symmetric' },
    runs: { type: 'string', default: '3' },
    harness: { type: 'string' },
    folder: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return usageError(error.message);
  }
}

const values = parse();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const [size, runs] = [Number(values.size), Number(values.runs)];
if (INSTANCES[size] === undefined) usageError(`no size '${values.size}'`);
if (!Number.isInteger(runs) || runs < 1 || runs > 100) usageError(`no number of runs: '${values.runs}'`);
if (!NETWORKS.includes(values.network)) usageError(`no network '${values.network}'`);
if (!KEYS.includes(values.key)) usageError(`no key '${values.key}'`);

const options = { size, runs, network: values.network, key: values.key };
let result;
try {
  if (values.harness !== undefined) {
    result = runHarness(resolve(values.harness), { ...options, folder: values.folder });
  } else {
    console.log('The benchmark’s own harness was not given: this is a stand-in of ours, and its figures are ours.');
    const repository = join(root, '.data', 'official', `${process.pid}`);
    mkdirSync(repository, { recursive: true });
    try {
      result = await runStandIn(repository, options);
    } finally {
      rmSync(repository, { recursive: true, force: true });
    }
  }
} catch (error) {
  console.error(`official: ${error.message}`);
  process.exit(1);
}
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  load: loadavg()[0],
  node: process.version,
};
const { seconds, bytes, accuracy } = result;
const time = (name) => `${name} ${seconds[name].toFixed(2)} s`;
console.log(
  `${values.network}, ${values.key} key, ${result.images} images, ${runs} runs on ${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}\n` +
    `  ${Object.keys(seconds).map(time).join(', ')}\n` +
    `  keys ${bytes.keys} B, upload ${bytes.upload} B, download ${bytes.download} B\n` +
    `  accuracy ${(100 * accuracy).toFixed(2)} %`,
);
if (values.json !== undefined) {
  mkdirSync(dirname(resolve(values.json)), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify({ ...result, machine }, null, 2)}\n`);
}
