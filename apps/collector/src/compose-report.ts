import { cpus, totalmem } from 'node:os';
import type { DatasetManifest } from '@ciphernet/artifacts';
import { parametersDigest, securityOfParameters } from '@ciphernet/ckks';
import { squaresOf } from '@ciphernet/compiler';
import { type Examples, isImages, transformName } from '@ciphernet/datasets';
import type { Evaluation, SlicedEvaluation } from '@ciphernet/metrics';
import { trainingOf } from '@ciphernet/models';
import type { DatasetRecord } from '@ciphernet/owner-records';
import type { CollectJob, InferredResult } from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';
import type { Audits } from './audits.js';
import type { Comparison } from './compare.js';
import { metricFields } from './metric-fields.js';

/**
 * Wall-clock seconds, at least 0.001, from the first shard's start to the last one's end, by the workers' clocks: what they
 * disagree by is in it.
 */
function wallSeconds(results: readonly Pick<InferredResult, 'startedAt' | 'finishedAt'>[]): number {
  const from = Math.min(...results.map((result) => result.startedAt));
  const to = Math.max(...results.map((result) => result.finishedAt));
  return Math.max(to - from, 1) / 1000;
}

function comparedFields(
  comparison: Comparison,
): Pick<Report, 'model' | 'agreement' | 'plainAgreement' | 'plainMetrics' | 'precision'> {
  const { model, compiled, precision, agreement, plainAgreement, plainMetrics, runtime } = comparison;
  const { predictedError } = compiled.plan;
  const training = trainingOf(model.record);
  return {
    model: {
      digest: model.digest,
      name: model.record.name,
      squares: squaresOf(model.circuit),
      runtime,
      ...(training === undefined
        ? {}
        : { epochs: training.epoch, trainedOn: training.dataset, backend: `TensorFlow.js ${training.backend}` }),
    },
    ...(agreement === undefined ? {} : { agreement }),
    ...(plainAgreement === undefined ? {} : { plainAgreement }),
    ...(plainMetrics === undefined ? {} : { plainMetrics }),
    precision: {
      predictedDeviation: predictedError.deviation,
      predictedBound: predictedError.bound,
      measuredRms: precision.rms,
      measuredLargest: precision.largest,
      bits: precision.bits,
    },
  };
}

/** What a report is composed of. */
export interface ReportParts {
  /** Names of the checks that the result passed. */
  readonly checks: readonly string[];
  readonly audits: Audits | undefined;
  readonly job: CollectJob;
  readonly manifest: DatasetManifest;
  readonly record: DatasetRecord;
  readonly examples: Examples;
  /** One a shard, in the order of the shards. */
  readonly results: readonly Omit<InferredResult, 'signed'>[];
  readonly decryptSeconds: number;
  /** Absent when the owner does not hold the model. */
  readonly comparison: Comparison | undefined;
  /** Share of examples that decryption classifies right. */
  readonly accuracy: number | undefined;
  /** Figures of what decryption gave; absent where nobody knows the answers. */
  readonly evaluation: Evaluation | undefined;
  readonly slices: SlicedEvaluation | undefined;
  readonly margins: Report['margins'];
}

/** Rates are over at least a millisecond: they stay finite where the clock saw no time pass. */
const LEAST_SECONDS = 1e-3;

function datasetFields({ job, manifest, record, examples }: ReportParts): Report['dataset'] {
  return {
    name: manifest.name,
    split: manifest.split,
    source: examples.source,
    classes: manifest.classes,
    ...(record.reading === undefined || isImages(record.reading) ? {} : { unit: 'examples' as const }),
    transform: transformName(manifest.transform),
    manifest: job.manifest,
  };
}

function accuracyFields({ accuracy, comparison }: ReportParts): Report['accuracy'] {
  const { base, quantised } = comparison ?? {};
  return {
    ...(base === undefined ? {} : { base }),
    ...(quantised === undefined ? {} : { quantised }),
    ...(accuracy === undefined ? {} : { encrypted: accuracy }),
  };
}

function parameterFields({ manifest, comparison }: ReportParts): Report['parameters'] {
  const { parameters, inputScale, mode, keyFingerprint } = manifest;
  const planned =
    comparison === undefined
      ? {}
      : {
          weightBits: comparison.compiled.plan.maps.map(({ weightBits }) => weightBits),
          explanation: comparison.explanation,
        };
  return {
    digest: parametersDigest(parameters),
    ring: parameters.ring,
    ringDegree: parameters.ringDegree,
    primes: [...parameters.primes],
    specialPrime: parameters.specialPrime,
    inputScale,
    mode,
    keyFingerprint,
    ...planned,
  };
}

function secondsFields({ record, results, decryptSeconds, comparison }: ReportParts): Report['seconds'] {
  const training = comparison === undefined ? undefined : trainingOf(comparison.model.record);
  return {
    ...(training === undefined ? {} : { train: training.seconds }),
    encrypt: record.encryptSeconds,
    infer: wallSeconds(results),
    inferTotal: results.reduce((sum, result) => sum + result.seconds, 0),
    decrypt: decryptSeconds,
    ...(comparison === undefined ? {} : { compare: comparison.seconds }),
  };
}

function byteFields({ manifest, record, results }: ReportParts): Report['bytes'] {
  const upload = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const download = results.reduce((sum, result) => sum + result.resultBytes, 0);
  return {
    upload,
    download,
    evaluationKeys: 0,
    publicKey: record.publicKeyBytes,
    uploadPerImage: upload / record.images,
    downloadPerImage: download / record.images,
  };
}

function throughputFields({ record, results, decryptSeconds, comparison }: ReportParts): Report['throughput'] {
  const { images } = record;
  const training = comparison === undefined ? undefined : trainingOf(comparison.model.record);
  const train =
    training === undefined
      ? {}
      : { train: (training.examples * training.epoch) / Math.max(training.seconds, LEAST_SECONDS) };
  return {
    ...train,
    encrypt: images / Math.max(record.encryptSeconds, LEAST_SECONDS),
    infer: images / wallSeconds(results),
    decrypt: images / Math.max(decryptSeconds, LEAST_SECONDS),
  };
}

/** Who evaluated what; more than one engine version after a rolling upgrade is said, not hidden. */
function evaluationFields({
  job,
  results,
}: ReportParts): Pick<Report, 'engine' | 'engineVersion' | 'shards' | 'reusedShards' | 'workers'> {
  return {
    engine: job.engine,
    engineVersion: [...new Set(results.map((result) => result.engine))].sort().join(', '),
    shards: results.length,
    reusedShards: results.filter((result) => result.reused).length,
    workers: [...new Set(results.map((result) => result.worker))].sort(),
  };
}

/** This process's machine and libraries: of the collector, not of the workers. */
function machineFields(): Pick<Report, 'versions' | 'machine'> {
  return {
    versions: { node: process.versions.node, 'node-seal': '7.0.0 (SEAL 4.1.2)' },
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
  };
}

/** The report of an evaluation, made now. What needs the model is absent without a comparison. */
export function composeReport(parts: ReportParts): Report {
  const { job, manifest, comparison } = parts;
  return {
    format: 'ciphernet-report',
    version: 1,
    evaluation: job.evaluation,
    createdAt: new Date().toISOString(),
    dataset: datasetFields(parts),
    images: parts.record.images,
    model: { digest: job.model },
    ...(comparison === undefined ? {} : comparedFields(comparison)),
    accuracy: accuracyFields(parts),
    checks: [...parts.checks],
    ...metricFields(parts),
    ...(parts.audits === undefined ? {} : { audits: parts.audits }),
    confusion: parts.evaluation?.confusion?.map((row) => [...row]) ?? [],
    ...(parts.margins === undefined ? {} : { margins: parts.margins }),
    parameters: parameterFields(parts),
    security: { ...securityOfParameters(manifest.parameters) },
    seconds: secondsFields(parts),
    bytes: byteFields(parts),
    throughput: throughputFields(parts),
    ...evaluationFields(parts),
    ...machineFields(),
  };
}
