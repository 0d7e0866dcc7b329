// What is fuzzed: every parser of something that another party can write, each with a valid sample.
import { readFileSync } from 'node:fs';
import {
  batchToBytes,
  manifestFromBytes,
  manifestToBytes,
  openPackedResult,
  parseBatch,
  shardHeader,
} from '@ciphernet/artifacts';
import { verifyAnswer, verifyAttestation } from '@ciphernet/attestation';
import { createParameters } from '@ciphernet/ckks';
import {
  basisFromBytes,
  basisToBytes,
  calibrate,
  circuitFromOnnx,
  compileCircuit,
  compiledFromJson,
  compiledToBytes,
  lower,
  planCircuit,
  roundingBasis,
} from '@ciphernet/compiler';
import { readTeacher } from '@ciphernet/conversion';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import {
  artifactFromFiles,
  DECODE_LIMITS,
  bytesSource,
  kerasFromBytes,
  modelJsonOf,
  networkFromLayersModel,
  networkToLayersModel,
  npyOf,
  npzOf,
  onnxFromBytes,
  parseIdx,
  planDecoding,
  tableOf,
} from '@ciphernet/formats';
import { parseJson } from '@ciphernet/foundation';
import { verifySigned } from '@ciphernet/publication';
import {
  parseAuditJob,
  parseAudited,
  parseBenchmarkRun,
  parseBenchmarkSuite,
  parseCollectJob,
  parseConvertJob,
  parseConverted,
  parseInferJob,
  parseInferred,
  parseTrainJob,
  parseTrained,
} from '@ciphernet/queue';
import { reportFromJson } from '@ciphernet/report';
import { exampleReport } from '@ciphernet/report-example';
import { bytesOf, mutateBytes, mutateJson, text } from './mutations.mjs';
import { mutatePng, storedZip, unzipped } from './repacked.mjs';

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
const seeded = batchToBytes({ ...header, version: 4, seed: digest }, new Uint32Array(5 * 1024));
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
  version: 2,
  evaluation: 'eval-1',
  manifest: digest,
  shard: 0,
  shardDigest: digest,
  model: digest,
  compiled: digest,
  result: digest,
  positions: [
    [1, 5, 5],
    [0, 8191],
  ],
  values: digest,
  auditor: 'A'.repeat(43),
};
const signature = 'A'.repeat(86);
const answer = {
  format: 'ciphernet-answer',
  version: 1,
  evaluation: 'eval-1',
  manifest: digest,
  shard: 0,
  shardDigest: digest,
  model: digest,
  compiled: digest,
  engine: 'simd',
  result: digest,
  worker: 'A'.repeat(43),
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
  signed: { statement: '{}', signature },
};
const base = { evaluation: 'eval-1', manifest: digest, model: digest };
const suite = {
  suite: 'nightly',
  datasets: [{ manifest: digest, shards: 2 }],
  models: [digest],
  engine: 'simd',
  compare: true,
};
/** Files that NumPy and Arrow wrote. */
const tableFile = (name) => readFileSync(new URL(`../libs/formats/test/fixtures/tables/${name}`, import.meta.url));
const csv = bytesOf('name,"a ""b""",c\r\n1,2,3\r\n"x\ny",-4e5,\r\n\r\n7,\u00fc,9\r\n');

/** Images that Pillow wrote, and models that Keras did. */
const imageFile = (name) => readFileSync(new URL(`../libs/formats/test/fixtures/images/${name}`, import.meta.url));
const kerasFile = (name) => readFileSync(new URL(`../libs/formats/test/fixtures/keras/${name}`, import.meta.url));
const decode = (bytes) => planDecoding(bytes, 'fuzz', DECODE_LIMITS).decode();

const keras = kerasFile('wine-mlp.keras');
const kerasConfig = parseJson(text(unzipped(keras, 'config.json')), 'sample');
const kerasWeights = unzipped(keras, 'model.weights.h5');

const relu = readFileSync(new URL('../examples/own-models/models/breast-cancer-relu.onnx', import.meta.url));
const conversion = {
  run: 'train-1',
  name: 'net-converted',
  original: [{ name: 'net.onnx', digest }],
  data: { kind: 'named', dataset: 'mnist', most: 100 },
  squares: ['relu'],
  seed: 1,
};
const onnx = readFileSync(new URL('../examples/own-models/models/wine-mlp.onnx', import.meta.url));
const lowered = lower(network);
const statistics = basisToBytes(
  roundingBasis(
    lowered,
    Float32Array.from({ length: 20 * lowered.maps[0].inputs }, (_, i) => Math.sin(i)),
  ),
);

/** Reads blocks; runs of one value are many rows in few bytes, and enough of them is as good as all. */
async function readBlocks(blocks) {
  for await (const { first } of blocks) if (first > 100_000) break;
}

const readTable = async (bytes) => readBlocks((await tableOf(bytesSource(bytes, 'fuzz'))).blocks());

async function readArrays(bytes) {
  for (const array of (await npzOf(bytesSource(bytes, 'fuzz'))).values()) {
    if (array.dtype !== '<U3') await readBlocks(array.blocks());
  }
}

/** Every parser at a boundary: name, a valid sample, how it is mutated, the parser, and of a slow one in how many rounds it has one turn. */
export const TARGETS = [
  ['batch', batch, mutateBytes, (bytes) => parseBatch(bytes, 'fuzz')],
  ['seeded batch', seeded, mutateBytes, (bytes) => parseBatch(bytes, 'fuzz')],
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
  ['csv', csv, mutateBytes, readTable],
  ['npy', tableFile('version-3.npy'), mutateBytes, readTable],
  [
    'npy array',
    tableFile('fortran.npy'),
    mutateBytes,
    async (bytes) => readBlocks((await npyOf(bytesSource(bytes, 'fuzz'))).blocks()),
  ],
  ['npz', tableFile('stored.npz'), mutateBytes, readArrays],
  ['npz deflated', tableFile('deflated.npz'), mutateBytes, readArrays],
  ['parquet', tableFile('zstd.parquet'), mutateBytes, readTable],
  ['onnx', onnx, mutateBytes, (bytes) => onnxFromBytes(bytes, 'fuzz')],
  ['onnx circuit', onnx, mutateBytes, (bytes) => circuitFromOnnx(onnxFromBytes(bytes, 'fuzz').graph, 'fuzz')],
  ['statistics of a model', statistics, mutateBytes, (bytes) => basisFromBytes(bytes, lowered, 'fuzz')],
  ['parquet dates', tableFile('int96.parquet'), mutateBytes, readTable],
  ['png', imageFile('palette.png'), mutatePng, decode],
  ['png of 16 bits', imageFile('grey16.png'), mutatePng, decode],
  ['png bytes', imageFile('rgb.png'), mutateBytes, decode],
  ['jpeg header', imageFile('rgb-420.jpg'), mutateBytes, (bytes) => void planDecoding(bytes, 'fuzz', DECODE_LIMITS)],
  // libvips and a thread for each file of HDF5 take milliseconds, not microseconds.
  ['jpeg', imageFile('progressive.jpg'), mutateBytes, decode, 50],
  [
    'keras',
    kerasConfig,
    mutateJson,
    (json) =>
      kerasFromBytes(
        storedZip([
          ['config.json', bytesOf(json)],
          ['model.weights.h5', kerasWeights],
        ]),
        'fuzz',
      ),
    100,
  ],
  ['keras archive', keras, mutateBytes, (bytes) => kerasFromBytes(bytes, 'fuzz'), 100],
  ['keras hdf5', kerasFile('wine-mlp.h5'), mutateBytes, (bytes) => kerasFromBytes(bytes, 'fuzz'), 100],
  [
    'attestation',
    attestation,
    mutateJson,
    (json) => verifyAttestation({ statement: JSON.stringify(json), signature }, 'fuzz'),
  ],
  ['answer', answer, mutateJson, (json) => verifyAnswer({ statement: JSON.stringify(json), signature }, 'fuzz')],
  [
    'statement',
    { format: 'ciphernet-signed', version: 1, statement: '{}', signature },
    mutateJson,
    (json) => verifySigned(JSON.stringify(json), 'fuzz'),
  ],
  ['report', exampleReport(), mutateJson, (json) => reportFromJson(JSON.stringify(json), 'fuzz')],
  ['onnx to convert', relu, mutateBytes, (bytes) => readTeacher(onnxFromBytes(bytes, 'fuzz').graph, 'fuzz')],
  ['conversion job', conversion, mutateJson, parseConvertJob],
  [
    'conversion result',
    { model: digest, report: digest, epoch: 0, epochs: 5, seconds: 1, backend: 'wasm' },
    mutateJson,
    parseConverted,
  ],
  ['train job', { run: 'train-1', model: 'cnn', dataset: 'mnist', epochs: 3, seed: 1 }, mutateJson, parseTrainJob],
  ['infer job', { ...base, shard: 0, engine: 'simd' }, mutateJson, parseInferJob],
  ['audit job', { ...base, shard: 0 }, mutateJson, parseAuditJob],
  ['collect job', { ...base, engine: 'simd', shards: 2, compare: true, audit: true }, mutateJson, parseCollectJob],
  ['inferred', inferred, mutateJson, parseInferred],
  ['audited', { inferred, signed: { statement: JSON.stringify(attestation), signature } }, mutateJson, parseAudited],
  ['suite', suite, mutateJson, parseBenchmarkSuite],
  ['run', { suite, startedAt: 5 }, mutateJson, parseBenchmarkRun],
  [
    'trained',
    { model: digest, epoch: 1, validationAccuracy: 0.5, seconds: 1, backend: 'wasm', epochs: 3 },
    mutateJson,
    parseTrained,
  ],
];
