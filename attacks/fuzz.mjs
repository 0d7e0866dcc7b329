#!/usr/bin/env node
// Mutated inputs for every parser at a boundary. Each must be accepted, or refused by an error of ours, within two seconds. The same
// seed gives the same inputs; an input that breaks a parser is printed and ends the run with 1.
import { parseArgs } from 'node:util';
import {
  batchToBytes,
  manifestFromBytes,
  manifestToBytes,
  openPackedResult,
  parseBatch,
  shardHeader,
} from '@ciphernet/artifacts';
import { verifyAttestation } from '@ciphernet/attestation';
import { createParameters } from '@ciphernet/ckks';
import { calibrate, compileCircuit, compiledFromJson, compiledToBytes, lower, planCircuit } from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import {
  artifactFromFiles,
  modelJsonOf,
  networkFromLayersModel,
  networkToLayersModel,
  parseIdx,
} from '@ciphernet/formats';
import { parseJson } from '@ciphernet/foundation';
import { verifySigned } from '@ciphernet/publication';
import {
  parseAuditJob,
  parseAudited,
  parseBenchmarkRun,
  parseBenchmarkSuite,
  parseCollectJob,
  parseInferJob,
  parseInferred,
  parseTrainJob,
  parseTrained,
} from '@ciphernet/queue';
import { reportFromJson } from '@ciphernet/report';
import { exampleReport } from '@ciphernet/report-example';

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
const LIMIT_MS = 2000;

/** Mulberry32: small, seeded, good enough to choose mutations. */
let state = Number(values.seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const text = (bytes) => new TextDecoder().decode(bytes);
const bytesOf = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

const ODD = [
  null,
  true,
  -1,
  0,
  1e308,
  -1e308,
  1e-320,
  2 ** 31,
  2 ** 53,
  1.5,
  '',
  'x'.repeat(5000),
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '\u001b[2J',
  [],
  {},
  [[[[[[]]]]]],
  'f'.repeat(64),
];

/** Replaces, removes, doubles or renames something somewhere in a JSON value. */
function mutateJson(value) {
  const copy = structuredClone(value);
  const places = [];
  const walk = (node) => {
    if (node === null || typeof node !== 'object') return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      walk(node[key]);
    }
  };
  walk(copy);
  for (let i = 1 + below(3); i > 0 && places.length > 0; i--) {
    const [node, key] = pick(places);
    const kind = below(5);
    if (kind === 0) delete node[key];
    else if (kind === 1 && !Array.isArray(node)) node[pick(['__proto__x', 'constructor', key + 'x'])] = node[key];
    else if (kind === 2 && Array.isArray(node)) node.push(...Object.values(node).slice(0, 50));
    else if (kind === 3 && typeof node[key] === 'string') node[key] = text(mutateBytes(bytesOf(node[key])));
    else node[key] = pick(ODD);
  }
  return copy;
}

/** Flips, inserts, removes, repeats or cuts bytes. */
function mutateBytes(bytes) {
  let out = Uint8Array.from(bytes);
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(out.length + 1);
    const kind = below(6);
    if (kind === 0 && out.length > 0) out[at % out.length] ^= 1 << below(8);
    else if (kind === 1) out = Buffer.concat([out.subarray(0, at), Buffer.from([below(256)]), out.subarray(at)]);
    else if (kind === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + below(8))]);
    else if (kind === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(0, below(64)), out.subarray(at)]);
    else if (kind === 4) out = out.slice(0, at);
    else if (out.length > 0) out[at % out.length] = below(256);
  }
  return Uint8Array.from(out);
}

const digest = 'a'.repeat(64);
const parameters = createParameters(1024, [30, 30, 30, 30, 30], 30);
const layer = (units, inputs, seed) => ({
  kind: 'dense',
  name: `d${units}`,
  units,
  weights: Float32Array.from({ length: units * inputs }, (_, i) => Math.sin(i + seed) / 2),
  bias: new Float32Array(units),
});
const network = {
  name: 'small',
  input: { height: 2, width: 2, channels: 1 },
  layers: [{ kind: 'flatten', name: 'f' }, layer(3, 4, 0), { kind: 'square', name: 's' }, layer(2, 3, 1)],
};
const circuit = lower(network);
const features = Float32Array.from({ length: 80 }, (_, i) => Math.abs(Math.sin(i)));
const given = { parameters, inputScale: 2 ** 20 };
const plan = planCircuit(circuit, calibrate(circuit, features), { mode: 'public', given });
const compiled = parseJson(text(compiledToBytes(compileCircuit(circuit, plan, NO_TRANSFORM))), 'sample');
const header = shardHeader({ parameters, keyFingerprint: digest, ciphertexts: 1, images: 3, tile: 16, scale: 2 ** 20 });
const batch = batchToBytes(header, new Uint32Array(5 * 2 * 1024));
const manifest = parseJson(
  text(
    manifestToBytes({
      name: 'tiny',
      split: 'test',
      height: 2,
      width: 2,
      channels: 1,
      classes: 2,
      transform: NO_TRANSFORM,
      features: 4,
      images: 3,
      parameters,
      inputScale: 2 ** 20,
      mode: 'public',
      keyFingerprint: digest,
      shards: [{ digest, bytes: 1000, images: 3, positions: digest }],
    }),
  ),
  'sample',
);
const artifact = networkToLayersModel(network);
const modelJson = parseJson(text(modelJsonOf(artifact)), 'sample');
const idx = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
const attestation = {
  format: 'ciphernet-audit',
  version: 1,
  evaluation: 'eval-1',
  manifest: digest,
  shard: 0,
  shardDigest: digest,
  model: digest,
  compiled: digest,
  result: digest,
  positions: 64,
  auditor: 'A'.repeat(43),
};
const inferred = {
  shard: 0,
  result: digest,
  resultBytes: 10,
  compiled: digest,
  seconds: 1,
  engine: 'simd',
  reused: false,
  worker: 'w',
  startedAt: 1,
  finishedAt: 2,
};
const base = { evaluation: 'eval-1', manifest: digest, model: digest };
const suite = {
  suite: 'nightly',
  datasets: [{ manifest: digest, shards: 2 }],
  models: [digest],
  engine: 'simd',
  compare: true,
};
const signature = 'A'.repeat(86);

/** Name, a valid sample, how it is mutated, and the parser. */
const TARGETS = [
  ['batch', batch, mutateBytes, (bytes) => parseBatch(bytes, 'fuzz')],
  ['batch header', batch.subarray(0, 900), mutateBytes, (bytes) => openPackedResult(bytes, 'fuzz')],
  ['manifest', manifest, mutateJson, (json) => manifestFromBytes(bytesOf(json), 'fuzz')],
  ['manifest bytes', bytesOf(manifest), mutateBytes, (bytes) => manifestFromBytes(bytes, 'fuzz')],
  ['compiled circuit', compiled, mutateJson, (json) => compiledFromJson(json, 'fuzz')],
  [
    'tfjs model',
    modelJson,
    mutateJson,
    (json) => {
      const read = networkFromLayersModel(artifactFromFiles(bytesOf(json), artifact.weightData, 'fuzz'));
      lower(read);
    },
  ],
  ['idx', idx, mutateBytes, (bytes) => parseIdx(bytes, 3, 'fuzz')],
  [
    'attestation',
    attestation,
    mutateJson,
    (json) => verifyAttestation({ attestation: JSON.stringify(json), signature }, 'fuzz'),
  ],
  [
    'statement',
    { format: 'ciphernet-signed', version: 1, statement: '{}', signature },
    mutateJson,
    (json) => verifySigned(JSON.stringify(json), 'fuzz'),
  ],
  ['report', exampleReport(), mutateJson, (json) => reportFromJson(JSON.stringify(json), 'fuzz')],
  ['train job', { run: 'train-1', model: 'cnn', dataset: 'mnist', epochs: 3, seed: 1 }, mutateJson, parseTrainJob],
  ['infer job', { ...base, shard: 0, engine: 'simd' }, mutateJson, parseInferJob],
  ['audit job', { ...base, shard: 0 }, mutateJson, parseAuditJob],
  ['collect job', { ...base, engine: 'simd', shards: 2, compare: true, audit: true }, mutateJson, parseCollectJob],
  ['inferred', inferred, mutateJson, parseInferred],
  ['audited', { inferred, signed: { attestation: JSON.stringify(attestation), signature } }, mutateJson, parseAudited],
  ['suite', suite, mutateJson, parseBenchmarkSuite],
  ['run', { suite, startedAt: 5 }, mutateJson, parseBenchmarkRun],
  [
    'trained',
    { model: digest, epoch: 1, validationAccuracy: 0.5, seconds: 1, backend: 'wasm', epochs: 3 },
    mutateJson,
    parseTrained,
  ],
];

const counts = new Map(TARGETS.map(([name]) => [name, { accepted: 0, refused: 0 }]));
for (const [name, sample, , parse] of TARGETS) {
  if (['attestation', 'statement', 'batch header'].includes(name)) continue;
  parse(sample);
}
const began = performance.now();
let last = began;
for (let i = 0; i < INPUTS; i++) {
  const [name, sample, mutate, parse] = TARGETS[i % TARGETS.length];
  const input = mutate(sample);
  const started = performance.now();
  let problem;
  try {
    parse(input);
    counts.get(name).accepted++;
  } catch (error) {
    if (OURS.has(error?.name)) counts.get(name).refused++;
    else problem = `threw ${error?.name}: ${error?.message}`;
  }
  const now = performance.now();
  if (now - started > LIMIT_MS) problem = `took ${Math.round(now - started)} ms`;
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
