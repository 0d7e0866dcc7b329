#!/usr/bin/env node
// Runs the attacks against the code on which they succeeded: what shows that the tests which hold today are of real attacks.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { attacks as craftedModels } from '../attacks/before/crafted-models.mjs';
import { attacks as forgedDecisions } from '../attacks/before/forged-decisions.mjs';
import { attacks as hangs } from '../attacks/before/hangs.mjs';
import { attacks as hostileStore } from '../attacks/before/hostile-store.mjs';
import { attacks as imports } from '../attacks/before/imports.mjs';
import { attacks as ownersFiles } from '../attacks/before/owners-files.mjs';
import { attacks as poisonedReferences } from '../attacks/before/poisoned-references.mjs';
import { attacks as queueAndPages } from '../attacks/before/queue-and-pages.mjs';
import { attacks as secretKey } from '../attacks/before/secret-key.mjs';
import { startDeployment } from '../attacks/before/deployment.mjs';
import { COMMIT, Precondition, oldCode } from '../attacks/before/old-code.mjs';
import { prepareOwner } from '../attacks/before/owner.mjs';
import { root } from './packages.mjs';

/** The quick ones first; those that wait for something that does not end come last. */
const all = [
  ...forgedDecisions,
  ...secretKey,
  ...poisonedReferences,
  ...craftedModels,
  ...ownersFiles,
  ...imports,
  ...queueAndPages,
  ...hostileStore,
  ...hangs,
];

const HELP = `Usage: npm run attacks:before -- [--row <n> …] [--json <file>]

  Checks commit ${COMMIT} out below .data/before, installs and builds it there (once, a few minutes), and attacks its own worker,
  collector, producer and dashboard on a redis-server of its own, in a temporary folder, with what a worker has: the queue's address
  and the store.

  --row <n>      only the attacks of this row; may be given several times
  --list         names the attacks, and runs none
  --json <file>  writes {"attacks": [{"row", "name", "succeeded", "found"}]}

  Exit codes: 0 every attack succeeded on the old code, 1 one did not, 2 a bad argument or a missing precondition.

Examples:
  npm run attacks:before
  npm run attacks:before -- --row 3 --row 7
  npm run attacks:before -- --json before.json`;

function stop(message) {
  console.error(`attacks:before: ${message}`);
  process.exit(2);
}

let values;
try {
  const options = {
    row: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  };
  ({ values } = parseArgs({ options }));
} catch (error) {
  stop(`${error.message}\n\n${HELP}`);
}
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const rows = values.row.map(Number);
const known = new Set(all.map(({ row }) => row));
const unknown = rows.find((row) => !known.has(row));
if (unknown !== undefined) stop(`--row must be one of ${[...known].sort((a, b) => a - b).join(', ')}`);
const chosen = all.filter(({ row }) => rows.length === 0 || rows.includes(row));
if (values.list) {
  for (const { row, name } of chosen) console.log(`${String(row).padStart(2)}  ${name}`);
  process.exit(0);
}
if (values.json !== undefined && !existsSync(dirname(resolve(values.json))))
  stop(`--json: no folder for ${values.json}`);
if (spawnSync('redis-server', ['--version']).status !== 0) stop('redis-server is not on this machine');

const begun = performance.now();
const progress = (text) => console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${text}`);

async function attackAll(deployment) {
  const owner = await prepareOwner(deployment, progress);
  const outcomes = [];
  for (const { row, name, run } of chosen) {
    progress(`row ${row}: ${name}`);
    const outcome = { row, name, succeeded: false, found: '' };
    try {
      outcome.found = await deployment.scene((parties) => run(parties, owner, deployment.passphrase));
      outcome.succeeded = true;
    } catch (error) {
      outcome.found = error.message;
      if (!error.message.startsWith('did not succeed')) console.error(error);
    }
    console.log(
      `${outcome.succeeded ? 'succeeded' : 'DID NOT  '}  row ${String(row).padStart(2)}  ${name}: ${outcome.found}`,
    );
    outcomes.push(outcome);
  }
  return outcomes;
}

let old;
try {
  old = await oldCode(root, progress);
} catch (error) {
  if (error instanceof Precondition) stop(error.message);
  throw error;
}
const deployment = await startDeployment(old);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
let outcomes;
try {
  outcomes = await attackAll(deployment);
} finally {
  deployment.stop();
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ attacks: outcomes }, null, 2)}\n`);
const failed = outcomes.filter(({ succeeded }) => !succeeded).length;
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
console.log(
  `${outcomes.length} attacks on ${COMMIT}, ${failed} did not succeed, ${seconds} s on ${availableParallelism()} cores`,
);
process.exit(failed === 0 ? 0 : 1);
