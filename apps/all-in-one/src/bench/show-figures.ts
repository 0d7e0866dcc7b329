import { ENCRYPTION_STEPS } from '@ciphernet/keyring';
import type { EncryptionFigures } from './encryption-bench.js';
import { type FileFigures, FILE_BYTES } from './file-bench.js';
import type { KernelBench } from './kernel-bench.js';
import type { NetworkFigures } from './network-bench.js';
import type { UploadBytes } from './pipeline-bench.js';
import type { RingFigures } from './ring-bench.js';
import type { TrainingFigures } from './training-bench.js';
import type { VerificationFigures } from './verification-bench.js';

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const rate = (value: number): string => `${whole(value)} images/s`;
const bytes = (value: number): string => `${whole(value)} B`;
const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`;

/** What is measured in a column of its own, and the figure. */
function row(what: string, figure: string): void {
  say(`  ${what.padEnd(51)}${figure}`);
}

/** Speeds of the bare loop, as it runs here and in narrower vectors. */
function bareLoops({ peak, peak128, vectorBits }: KernelBench): string {
  const giga = (perSecond: number): string => (perSecond / 1e9).toFixed(1);
  const narrow = vectorBits === 128 ? '' : `, ${giga(peak128)} G in vectors of 128 bits`;
  return `${giga(peak)} G int16 multiply-adds/s in vectors of ${vectorBits} bits${narrow}`;
}

export function showKernels(kernels: KernelBench): void {
  say(`\nkernels, one core, medians (bare loop in L1: ${bareLoops(kernels)})`);
  for (const { name, microseconds, multiplyAddsPerSecond } of kernels.rows) {
    const share =
      multiplyAddsPerSecond === undefined
        ? ''
        : `  ${(multiplyAddsPerSecond / 1e9).toFixed(1)} G/s, ${percent(multiplyAddsPerSecond / kernels.peak)}`;
    say(`  ${name.padEnd(48)}${microseconds.toFixed(1).padStart(9)} µs${share}`);
  }
}

export function showTraining({ backend, epochs }: TrainingFigures): void {
  say(`\ntraining on ${backend}, one core, an epoch of 60,000 images`);
  for (const { network, seconds } of epochs) row(network, `${seconds.toFixed(1)} s`);
}

export function showNetwork(name: string, figures: NetworkFigures): void {
  say(`\n${name}: ${figures.parameters}`);
  row(
    '10,000 images, blobs to blobs, through the queue',
    `${figures.seconds10000.toFixed(2)} s, ${rate(figures.imagesPerSecond)}`,
  );
  row(
    'one core, a full shard',
    `${rate(figures.imagesPerSecondPerCore)}, ${percent(figures.efficiency)} of the bare loop`,
  );
  row('two threads on one shard', `${figures.scaling.toFixed(2)} times one`);
  row(
    `${figures.evaluationsAtOnce} evaluations, jobs on all cores`,
    `${figures.scalingJobs.toFixed(2)} times one at a time`,
  );
  row('queue, store and sandbox over the engine alone', percent(figures.pipelineOverhead));
  row('encryption', rate(figures.encryptImagesPerSecond));
  row(
    'upload an image, full shards / these 10,000',
    `${whole(figures.uploadPerImageFullShard)} / ${bytes(figures.uploadPerImage)}`,
  );
  row(
    'download an image, full shards / these 10,000',
    `${whole(figures.downloadPerImageFullShard)} / ${bytes(figures.downloadPerImage)}`,
  );
}

export function showRings({ speedup, invariant, standard }: RingFigures): void {
  say(
    `\nconjugate-invariant ring over the standard one, cnn, full shards, one core: ${speedup.toFixed(2)} times the images a second (${whole(invariant)} against ${whole(standard)})`,
  );
}

export function showUploads(uploads: Readonly<Record<string, UploadBytes>>): void {
  say('\nupload an image in full shards, public key / secret key');
  for (const [name, by] of Object.entries(uploads)) row(name, `${bytes(by.public)} / ${bytes(by.symmetric)}`);
}

export function showVerification(figures: VerificationFigures): void {
  const { positionsPerPrime, missLog2, share, auditSeconds, evaluationSeconds, uploadFactor } = figures;
  say(
    `\nverification of cnn: ${positionsPerPrime} positions a prime miss a forgery with probability 2^${missLog2.toFixed(1)}`,
  );
  row(
    'audit over evaluation, one thread each',
    `${percent(share, 2)} (${(1000 * auditSeconds).toFixed(0)} ms over ${evaluationSeconds.toFixed(2)} s)`,
  );
  row('upload over the cheapest plan, twins included', `${uploadFactor.toFixed(3)} times`);
}

/** Encryption through the store, and how fast encryption is beside inference through the queue. */
interface EncryptionRatios {
  readonly imagesPerSecond: number;
  readonly toInference: number;
  readonly storedToInference: number;
}

export function showEncryption(figures: EncryptionFigures, threads: number, stored: EncryptionRatios): void {
  const { toInference, storedToInference, imagesPerSecond } = stored;
  const { publicImagesPerSecond, symmetricImagesPerSecond, sealImagesPerSecond, ratioToSeal, steps } = figures;
  say(`\nencryption for cnn, full shards in memory, ${threads} threads`);
  row(
    'public key',
    `${rate(publicImagesPerSecond)}, ${ratioToSeal.toFixed(1)} times SEAL's ${rate(sealImagesPerSecond)} (from 96 of its features)`,
  );
  row('secret key', rate(symmetricImagesPerSecond));
  row(
    'public key over inference through the queue',
    `${toInference.toFixed(2)} times; stored, 10,000 images, ${storedToInference.toFixed(2)} times (${rate(imagesPerSecond)})`,
  );
  row('share of the threads’ time', 'public key / secret key');
  for (const step of [...ENCRYPTION_STEPS, 'rest'] as const) {
    row(`  ${step}`, `${percent(steps.public[step])} / ${percent(steps.symmetric[step])}`);
  }
}

export function showFiles({ seconds, longCallSeconds }: FileFigures): void {
  const size = `${FILE_BYTES / 2 ** 20} MiB`;
  row(`a new file of ${size}, in calls of 1 / of 8 MiB`, `${seconds.toFixed(2)} / ${longCallSeconds.toFixed(2)} s`);
}

export function showStarts(starts: Readonly<Record<string, number>>): void {
  say('\nstart of a step from file to file, a process each');
  for (const [step, seconds] of Object.entries(starts)) row(step, `${seconds.toFixed(2)} s`);
}
