import { cpus, totalmem } from 'node:os';
import type { DatasetManifest } from '@ciphernet/artifacts';
import { parametersDigest, securityOfParameters } from '@ciphernet/ckks';
import { squaresOf } from '@ciphernet/compiler';
import { type Dataset, transformName } from '@ciphernet/datasets';
import type { DatasetRecord } from '@ciphernet/owner-records';
import type { CollectJob, InferredResult } from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';
import type { Comparison } from './compare.js';

/**
 * Wall-clock seconds from the first shard's start to the last one's end. The times are of the workers' clocks: where
 * those disagree so much that the whole were shorter than its longest part, that part counts.
 */
export function wallSeconds(results: readonly Pick<InferredResult, 'startedAt' | 'finishedAt'>[]): number {
  const from = Math.min(...results.map((result) => result.startedAt));
  const to = Math.max(...results.map((result) => result.finishedAt));
  const longest = Math.max(...results.map((result) => result.finishedAt - result.startedAt));
  return Math.max(to - from, longest, 1) / 1000;
}

function comparedFields(comparison: Comparison): Pick<Report, 'model' | 'agreement' | 'precision'> {
  const { model, compiled, precision } = comparison;
  const { predictedError } = compiled.plan;
  const { training } = model.record;
  return {
    model: {
      digest: model.digest,
      name: model.record.name,
      squares: squaresOf(model.circuit),
      ...(training === undefined
        ? {}
        : { epochs: training.epoch, trainedOn: training.dataset, backend: `TensorFlow.js ${training.backend}` }),
    },
    agreement: comparison.agreement,
    precision: {
      predictedDeviation: predictedError.deviation,
      predictedBound: predictedError.bound,
      measuredRms: precision.rms,
      measuredLargest: precision.largest,
      bits: precision.bits,
    },
  };
}

export function composeReport(parts: {
  readonly job: CollectJob;
  readonly manifest: DatasetManifest;
  readonly record: DatasetRecord;
  readonly dataset: Dataset;
  readonly results: readonly InferredResult[];
  readonly decryptSeconds: number;
  readonly comparison: Comparison | undefined;
  readonly accuracy: number;
  readonly margins: NonNullable<Report['margins']>;
  readonly confusion: number[][];
}): Report {
  const { job, manifest, record, results, comparison, decryptSeconds } = parts;
  const images = manifest.images;
  const infer = wallSeconds(results);
  const upload = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const download = results.reduce((sum, result) => sum + result.resultBytes, 0);
  const training = comparison?.model.record.training;
  const processor = cpus()[0]?.model ?? 'unknown';
  return {
    format: 'ciphernet-report',
    version: 1,
    evaluation: job.evaluation,
    createdAt: new Date().toISOString(),
    dataset: {
      name: manifest.name,
      split: manifest.split,
      source: parts.dataset.source,
      classes: manifest.classes,
      transform: transformName(manifest.transform),
      manifest: job.manifest,
    },
    images,
    model: { digest: job.model },
    ...(comparison === undefined ? {} : comparedFields(comparison)),
    accuracy: {
      ...(comparison === undefined ? {} : { base: comparison.base, quantised: comparison.quantised }),
      encrypted: parts.accuracy,
    },
    confusion: parts.confusion,
    margins: parts.margins,
    parameters: {
      digest: parametersDigest(manifest.parameters),
      ringDegree: manifest.parameters.ringDegree,
      primes: [...manifest.parameters.primes],
      specialPrime: manifest.parameters.specialPrime,
      inputScale: manifest.inputScale,
      mode: manifest.mode,
      keyFingerprint: manifest.keyFingerprint,
      ...(comparison === undefined
        ? {}
        : {
            weightBits: comparison.compiled.plan.maps.map(({ weightBits }) => weightBits),
            explanation: comparison.explanation,
          }),
    },
    security: { ...securityOfParameters(manifest.parameters) },
    seconds: {
      ...(training === undefined ? {} : { train: training.seconds }),
      encrypt: record.encryptSeconds,
      infer,
      inferTotal: results.reduce((sum, result) => sum + result.seconds, 0),
      decrypt: decryptSeconds,
      ...(comparison === undefined ? {} : { compare: comparison.seconds }),
    },
    bytes: {
      upload,
      download,
      evaluationKeys: 0,
      publicKey: record.publicKeyBytes,
      uploadPerImage: upload / images,
      downloadPerImage: download / images,
    },
    throughput: {
      ...(training === undefined
        ? {}
        : { train: (training.examples * training.epoch) / Math.max(training.seconds, 1e-3) }),
      encrypt: images / Math.max(record.encryptSeconds, 1e-3),
      infer: images / infer,
      decrypt: images / Math.max(decryptSeconds, 1e-3),
    },
    engine: job.engine,
    // More than one after a rolling upgrade: said, not hidden.
    engineVersion: [...new Set(results.map((result) => result.engine))].sort().join(', '),
    shards: results.length,
    reusedShards: results.filter((result) => result.reused).length,
    workers: [...new Set(results.map((result) => result.worker))].sort(),
    versions: { node: process.versions.node, 'node-seal': '7.0.0 (SEAL 4.1.2)' },
    machine: {
      cpu: processor,
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
  };
}
