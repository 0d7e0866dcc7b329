#!/usr/bin/env node
// Mutated inputs for every parser at a boundary. Each must be accepted, or refused by an error of ours, within two seconds of the processor's time. The same
// seed gives the same inputs; an input that breaks a parser is printed and ends the run with 1.
import { parseArgs } from 'node:util';
import { seedWith } from './mutations.mjs';
import { TARGETS } from './parsers.mjs';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(
    'Usage: npm run fuzz -- [--inputs <n>] [--seed <n>]\n\n  Ten million mutated inputs over all parsers, unless fewer are asked for.\n\nExamples:\n  npm run fuzz\n  npm run fuzz -- --inputs 100000 --seed 7',
  );
  process.exit(0);
}
const INPUTS = Number(values.inputs);
if (!Number.isInteger(INPUTS) || INPUTS < 1) {
  console.error('fuzz: --inputs must be a whole number above 0');
  process.exit(2);
}
const OURS = new Set(['InputError', 'IntegrityError', 'UnsupportedError']);
/** Of the processor: on a busy machine a moment's wait may take as long. */
const LIMIT_MS = 2000;
/** Of the clock: for what waits for something that does not come. */
const PATIENCE_MS = 60_000;

seedWith(Number(values.seed));

/** Whose turn it is: a slow parser's only now and then, and else the next one's that is not. */
function targetOf(i) {
  const round = Math.floor(i / TARGETS.length);
  for (let at = i % TARGETS.length; ; at = (at + 1) % TARGETS.length) {
    const target = TARGETS[at];
    const [, , , , rounds = 1] = target;
    if (round % rounds === 0) return target;
  }
}

const counts = new Map(TARGETS.map(([name]) => [name, { accepted: 0, refused: 0 }]));
for (const [name, sample, , parse] of TARGETS) {
  if (['attestation', 'answer', 'statement', 'batch header'].includes(name)) continue;
  await parse(sample);
}
const began = performance.now();
let last = began;
for (let i = 0; i < INPUTS; i++) {
  const [name, sample, mutate, parse] = targetOf(i);
  const input = mutate(sample);
  const started = performance.now();
  const before = process.cpuUsage();
  let problem;
  try {
    // Readers of files wait for bytes; a promise of those that do not would cost more than they do.
    const reading = parse(input);
    if (reading instanceof Promise) await reading;
    counts.get(name).accepted++;
  } catch (error) {
    if (OURS.has(error?.name)) counts.get(name).refused++;
    else problem = `threw ${error?.name}: ${error?.message}`;
  }
  const now = performance.now();
  const { user, system } = process.cpuUsage(before);
  const worked = (user + system) / 1000;
  if (worked > LIMIT_MS || now - started > PATIENCE_MS) {
    problem = `took ${Math.round(worked)} ms, ${Math.round(now - started)} by the clock`;
  }
  if (problem !== undefined) {
    const shown = input instanceof Uint8Array ? Buffer.from(input).toString('base64') : JSON.stringify(input);
    console.error(`fuzz: ${name}, input ${i}, seed ${values.seed}: ${problem}\n${shown.slice(0, 4000)}`);
    process.exit(1);
  }
  if (now - last > 3000) {
    last = now;
    const rate = i / ((now - began) / 1000);
    console.error(
      `fuzz: ${i.toLocaleString('en')} of ${INPUTS.toLocaleString('en')}, ${Math.round(rate).toLocaleString('en')} a second, ${Math.round((INPUTS - i) / rate)}s left`,
    );
  }
}
for (const [name, { accepted, refused }] of counts) {
  console.log(`${name.padEnd(18)} ${String(accepted).padStart(9)} accepted ${String(refused).padStart(9)} refused`);
}
console.log(
  `${INPUTS} inputs, seed ${values.seed}, none broke a parser, ${Math.round((performance.now() - began) / 1000)} s`,
);
