import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type EngineName, ENGINE_NAMES, openBatchFile } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { describeParameters, slotsOf } from '@ciphernet/ckks';
import { Command, Option } from '@ciphernet/command-line';
import { costOf } from '@ciphernet/compiler';
import { loadDataset } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/engines';
import { elementAt, writeWhole } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { QUEUES, openQueueBackend } from '@ciphernet/queue';
import { nodeSealVersion } from '@ciphernet/seal';
import { benchEncryption } from '../bench/encryption-bench.js';
import { FILE_BYTES, benchFiles } from '../bench/file-bench.js';
import { compareWithSimd } from '../bench/engine-bench.js';
import { type KernelBench, benchKernels } from '../bench/kernel-bench.js';
import {
  type BenchTools,
  type PreparedModel,
  benchPipeline,
  evaluationsAtOnce,
  prepare,
  uploadBytesOf,
} from '../bench/pipeline-bench.js';
import { inMemory, sealSecondsScaled } from '../bench/seal-bench.js';
import { benchStarts } from '../bench/start-bench.js';
import { medianSecondsAsync } from '../bench/timing.js';
import { benchRings } from '../bench/ring-bench.js';
import { benchTraining } from '../bench/training-bench.js';
import { benchVerification } from '../bench/verification-bench.js';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Figures of one network. */
interface NetworkFigures {
  readonly imagesPerSecond: number;
  readonly imagesPerSecondPerCore: number;
  readonly seconds10000: number;
  readonly pipelineOverhead: number;
  /** Two threads on one shard against one. */
  readonly scaling: number;
  /** All cores taking jobs against one job at a time, the same shards of several evaluations. */
  readonly scalingJobs: number;
  readonly evaluationsAtOnce: number;
  readonly efficiency: number;
  readonly encryptImagesPerSecond: number;
  readonly uploadPerImage: number;
  readonly uploadPerImageFullShard: number;
  readonly downloadPerImage: number;
  readonly downloadPerImageFullShard: number;
  readonly parameters: string;
}

/** Speeds of the bare loop, as it runs here and in narrower vectors. */
function bareLoops({ peak, peak128, vectorBits }: KernelBench): string {
  const rate = (perSecond: number): string => (perSecond / 1e9).toFixed(1);
  const narrow = vectorBits === 128 ? '' : `, ${rate(peak128)} G in vectors of 128 bits`;
  return `${rate(peak)} G int16 multiply-adds/s in vectors of ${vectorBits} bits${narrow}`;
}

async function benchNetwork(prepared: PreparedModel, peak: number, tools: BenchTools): Promise<NetworkFigures> {
  const { blobs } = tools;
  const { manifest, compiled } = prepared;
  const first = manifest.shards[0];
  if (first === undefined) throw new Error('no shard');
  await using local = await blobs.local(first.digest);
  using source = openBatchFile(local.path);
  const engine = engineNamed('simd');
  const one = await medianSecondsAsync(() => engine.evaluate(compiled, source, { threads: 1 }), 5);
  const two = await medianSecondsAsync(() => engine.evaluate(compiled, source, { threads: 2 }), 5);
  const cost = costOf(compiled.plan, compiled.circuit);
  const slots = slotsOf(manifest.parameters);
  const pipeline = await benchPipeline(prepared, tools);
  const upload = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  return {
    imagesPerSecond: prepared.examples / pipeline.seconds,
    imagesPerSecondPerCore: first.images / one,
    seconds10000: pipeline.seconds,
    pipelineOverhead: pipeline.overhead,
    scaling: one / two,
    scalingJobs: pipeline.scaling,
    evaluationsAtOnce: evaluationsAtOnce(tools.configuration.cores),
    efficiency: (cost.multiplyAddsPerImage * slots) / one / peak,
    encryptImagesPerSecond: prepared.examples / prepared.encryptSeconds,
    uploadPerImage: upload / prepared.examples,
    uploadPerImageFullShard: first.bytes / first.images,
    downloadPerImage: pipeline.resultBytes / prepared.examples,
    downloadPerImageFullShard: pipeline.resultBytes / manifest.shards.length / slots,
    parameters: describeParameters(manifest.parameters),
  };
}

function showNetwork(name: string, figures: NetworkFigures): void {
  const whole = (value: number): string => Math.round(value).toLocaleString('en');
  say(`\n${name}: ${figures.parameters}`);
  say(
    `  10,000 images, blobs to blobs, through the queue   ${figures.seconds10000.toFixed(2)} s, ${whole(figures.imagesPerSecond)} images/s`,
  );
  say(
    `  one core, a full shard                             ${whole(figures.imagesPerSecondPerCore)} images/s, ${(100 * figures.efficiency).toFixed(0)} % of the bare loop`,
  );
  say(`  two threads on one shard                           ${figures.scaling.toFixed(2)} times one`);
  say(
    `  ${`${figures.evaluationsAtOnce} evaluations, jobs on all cores`.padEnd(51)}${figures.scalingJobs.toFixed(2)} times one at a time`,
  );
  say(`  queue, store and sandbox over the engine alone     ${(100 * figures.pipelineOverhead).toFixed(0)} %`);
  say(`  encryption                                         ${whole(figures.encryptImagesPerSecond)} images/s`);
  say(
    `  upload an image, full shards / these 10,000        ${whole(figures.uploadPerImageFullShard)} / ${whole(figures.uploadPerImage)} B`,
  );
  say(
    `  download an image, full shards / these 10,000      ${whole(figures.downloadPerImageFullShard)} / ${whole(figures.downloadPerImage)} B`,
  );
}

interface BenchOptions {
  readonly json?: string;
  readonly skipSeal: boolean;
  readonly engine?: EngineName;
}

async function bench(options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ciphernet-bench-'));
  const configuration = loadOwnerConfiguration({ ...process.env, CIPHERNET_DATA: folder, CIPHERNET_PASSPHRASE: '' });
  const processor = cpus()[0]?.model ?? 'unknown';
  say(
    `${processor}, ${configuration.cores} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; Node ${process.versions.node}, V8 ${process.versions.v8}`,
  );
  const backend = await openQueueBackend({
    redisUrl: configuration.redisUrl,
    folder: configuration.queueFolder,
    prefix: `bench-${process.pid}`,
  });
  try {
    say(`queue: ${backend.description}`);
    const blobs = await openBlobStore(configuration);
    const images = await loadDataset('mnist', 'test', configuration.datasetFolders);
    // Stands in for the collector, whose work is no part of the server side: returns the children's values.
    backend.worker(QUEUES.collect, async (job) => Object.values(await job.getChildrenValues<unknown>()), {});
    const tools = { blobs, backend, configuration };
    if (options.engine !== undefined) {
      const prepareNetwork = (name: string): Promise<PreparedModel> =>
        prepare(name, images, configuration, blobs, { mode: 'public' });
      const figures = await compareWithSimd(options.engine, prepareNetwork, tools, say);
      if (options.json !== undefined) await writeWhole(options.json, `${JSON.stringify(figures, null, 2)}\n`);
      return;
    }
    const kernels = benchKernels();
    say(`\nkernels, one core, medians (bare loop in L1: ${bareLoops(kernels)})`);
    for (const { name, microseconds, multiplyAddsPerSecond: rate } of kernels.rows) {
      const share =
        rate === undefined ? '' : `  ${(rate / 1e9).toFixed(1)} G/s, ${((100 * rate) / kernels.peak).toFixed(0)} %`;
      say(`  ${name.padEnd(48)}${microseconds.toFixed(1).padStart(9)} µs${share}`);
    }
    const training = await benchTraining(configuration.datasetFolders);
    say(`\ntraining on ${training.backend}, one core, an epoch of 60,000 images`);
    for (const { network, seconds } of training.epochs) say(`  ${network.padEnd(51)}${seconds.toFixed(1)} s`);
    const preparedCnn = await prepare('cnn', images, configuration, blobs, { mode: 'public' });
    const cnn = await benchNetwork(preparedCnn, kernels.peak, tools);
    showNetwork('cnn: conv 16@7×7/3, square, dense 64, square, dense 10', cnn);
    const ring = await benchRings(preparedCnn, images, configuration, blobs);
    say(
      `\nconjugate-invariant ring over the standard one, cnn, full shards, one core: ${ring.speedup.toFixed(2)} times the images a second (${Math.round(ring.invariant).toLocaleString('en')} against ${Math.round(ring.standard).toLocaleString('en')})`,
    );
    const preparedMlp = await prepare('mlp', images, configuration, blobs, { mode: 'public' });
    const mlp = await benchNetwork(preparedMlp, kernels.peak, tools);
    showNetwork('mlp: dense 128, square, dense 10', mlp);

    const uploads = {
      cnn: await uploadBytesOf(preparedCnn, configuration, blobs),
      mlp: await uploadBytesOf(preparedMlp, configuration, blobs),
      cnnLight: await uploadBytesOf({ name: 'cnn-light' }, configuration, blobs),
    };
    say('\nupload an image in full shards, public key / secret key');
    for (const [name, bytes] of Object.entries(uploads)) {
      const text = (value: number): string => `${Math.round(value).toLocaleString('en')} B`;
      say(`  ${name.padEnd(51)}${text(bytes.public)} / ${text(bytes.symmetric)}`);
    }

    const verification = await benchVerification(preparedCnn, blobs, configuration.blobFolder);
    say(
      `\nverification of cnn: ${verification.positionsPerPrime} positions a prime miss a forgery with probability 2^${verification.missLog2.toFixed(1)}`,
    );
    say(
      `  audit over evaluation, one thread each             ${(100 * verification.share).toFixed(2)} % (${(1000 * verification.auditSeconds).toFixed(0)} ms over ${verification.evaluationSeconds.toFixed(2)} s)`,
    );
    say(`  upload over the cheapest plan, twins included      ${verification.uploadFactor.toFixed(3)} times`);

    const encryption = await benchEncryption(preparedCnn, configuration.cores);
    const toInference = encryption.publicImagesPerSecond / cnn.imagesPerSecond;
    const storedToInference = cnn.encryptImagesPerSecond / cnn.imagesPerSecond;
    say(`\nencryption for cnn, full shards in memory, ${configuration.cores} threads`);
    const rate = (value: number): string => `${Math.round(value).toLocaleString('en')} images/s`;
    say(
      `  public key                                         ${rate(encryption.publicImagesPerSecond)}, ${encryption.ratioToSeal.toFixed(1)} times SEAL's ${rate(encryption.sealImagesPerSecond)} (from 96 of its features)`,
    );
    say(`  secret key                                         ${rate(encryption.symmetricImagesPerSecond)}`);
    say(
      `  public key over inference through the queue        ${toInference.toFixed(2)} times; stored, 10,000 images, ${storedToInference.toFixed(2)} times (${rate(cnn.encryptImagesPerSecond)})`,
    );

    const files = benchFiles(folder);
    say(
      `  a new file of ${FILE_BYTES / 2 ** 20} MiB, in calls of 1 / of 8 MiB        ${files.seconds.toFixed(2)} / ${files.longCallSeconds.toFixed(2)} s`,
    );

    const starts = benchStarts();
    say('\nstart of a step from file to file, a process each');
    for (const [step, seconds] of Object.entries(starts)) say(`  ${step.padEnd(51)}${seconds.toFixed(2)} s`);

    let simdToSeal: number | null = null;
    if (!options.skipSeal) {
      await using local = await blobs.local(elementAt(preparedCnn.manifest.shards, 0).digest);
      using source = openBatchFile(local.path);
      using memory = inMemory(source);
      const engine = engineNamed('simd');
      const simd = await medianSecondsAsync(() => engine.evaluate(preparedCnn.compiled, memory), 3);
      const seal = await sealSecondsScaled(preparedCnn.compiled, memory);
      simdToSeal = seal.seconds / simd;
      say(
        `\nsimd against SEAL in WebAssembly (node-seal ${nodeSealVersion()}), cnn, one core: ${simdToSeal.toFixed(0)} times (${simd.toFixed(2)} s against ${seal.seconds.toFixed(0)} s a shard; seal from ${(100 * seal.slice).toFixed(0)} % of the products, scaled by their count; a native SEAL is some four times faster than this one, see docs/benchmarks.md)`,
      );
    }
    const peakMemory = process.resourceUsage().maxRSS / 1024;
    say(`peak memory of this process, threads included: ${Math.round(peakMemory)} MiB`);
    if (options.json === undefined) return;
    const summary = {
      machine: { cpu: processor, cores: configuration.cores },
      versions: { node: process.versions.node, v8: process.versions.v8 },
      queue: backend.kind,
      ratio: { simdToSeal },
      efficiency: cnn.efficiency,
      verification,
      cnn,
      mlp,
      ring,
      encrypt: { imagesPerSecond: cnn.encryptImagesPerSecond, toInference, storedToInference, ...encryption },
      bytes: {
        uploadPerImage: cnn.uploadPerImageFullShard,
        downloadPerImage: cnn.downloadPerImageFullShard,
        evaluationKeys: 0,
        ...uploads,
      },
      pipelineOverhead: cnn.pipelineOverhead,
      scaling: { twoThreads: cnn.scaling, jobs: cnn.scalingJobs },
      files,
      startSeconds: starts,
      kernels,
      training,
      peakMemoryMiB: peakMemory,
    };
    await writeWhole(options.json, `${JSON.stringify(summary, null, 2)}\n`);
  } finally {
    await backend.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `bench`. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure kernels, engines, encryption and the pipeline on this machine')
    .option('--json <file>', 'also write the figures as JSON')
    .option('--skip-seal', 'leave the slow comparison with the reference engine out', false)
    .addOption(
      new Option('--engine <name>', 'only this engine, against simd in the same run').choices(
        ENGINE_NAMES.filter((name) => name !== 'simd'),
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  npm run bench\n  REDIS_URL=redis://127.0.0.1:6379 npm run bench -- --json bench.json\n  npm run bench -- --engine webgpu        # on a machine with a GPU',
    )
    .action(bench);
}
