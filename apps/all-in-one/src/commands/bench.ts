import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { type EngineName, ENGINE_NAMES, openBatchFile } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { Command, Option } from '@ciphernet/command-line';
import { loadDataset } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/engines';
import { elementAt, writeWhole } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { QUEUES, openQueueBackend } from '@ciphernet/queue';
import { nodeSealVersion } from '@ciphernet/seal';
import { benchEncryption } from '../bench/encryption-bench.js';
import { benchFiles } from '../bench/file-bench.js';
import { compareWithSimd } from '../bench/engine-bench.js';
import { benchKernels } from '../bench/kernel-bench.js';
import { benchNetwork } from '../bench/network-bench.js';
import { type PreparedModel, prepare, uploadBytesOf } from '../bench/pipeline-bench.js';
import { inMemory, sealSecondsScaled } from '../bench/seal-bench.js';
import {
  say,
  showEncryption,
  showFiles,
  showKernels,
  showNetwork,
  showRings,
  showStarts,
  showTraining,
  showUploads,
  showVerification,
} from '../bench/show-figures.js';
import { benchStarts } from '../bench/start-bench.js';
import { medianSecondsAsync } from '../bench/timing.js';
import { benchRings } from '../bench/ring-bench.js';
import { benchTraining } from '../bench/training-bench.js';
import { benchVerification } from '../bench/verification-bench.js';

interface BenchOptions {
  readonly json?: string;
  readonly skipSeal: boolean;
  readonly engine?: EngineName;
}

async function bench(options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ciphernet-bench-'));
  // Blobs are files here, wherever they are otherwise: what is measured is this machine.
  const { BLOB_URL: _elsewhere, ...environment } = process.env;
  const configuration = loadOwnerConfiguration({ ...environment, CIPHERNET_DATA: folder, CIPHERNET_PASSPHRASE: '' });
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
    showKernels(kernels);
    const training = await benchTraining(configuration.datasetFolders);
    showTraining(training);
    const preparedCnn = await prepare('cnn', images, configuration, blobs, { mode: 'public' });
    const cnn = await benchNetwork(preparedCnn, kernels.peak, tools);
    showNetwork('cnn: conv 16@7×7/3, square, dense 64, square, dense 10', cnn);
    const ring = await benchRings(preparedCnn, images, configuration, blobs);
    showRings(ring);
    const preparedMlp = await prepare('mlp', images, configuration, blobs, { mode: 'public' });
    const mlp = await benchNetwork(preparedMlp, kernels.peak, tools);
    showNetwork('mlp: dense 128, square, dense 10', mlp);

    const uploads = {
      cnn: await uploadBytesOf(preparedCnn, configuration, blobs),
      mlp: await uploadBytesOf(preparedMlp, configuration, blobs),
      cnnLight: await uploadBytesOf({ name: 'cnn-light' }, configuration, blobs),
    };
    showUploads(uploads);

    const verification = await benchVerification(preparedCnn, blobs, configuration.blobFolder);
    showVerification(verification);

    const encryption = await benchEncryption(preparedCnn, configuration.cores);
    const stored = {
      imagesPerSecond: cnn.encryptImagesPerSecond,
      toInference: encryption.publicImagesPerSecond / cnn.imagesPerSecond,
      storedToInference: cnn.encryptImagesPerSecond / cnn.imagesPerSecond,
    };
    showEncryption(encryption, configuration.cores, stored);
    const files = benchFiles(folder);
    showFiles(files);

    const starts = benchStarts();
    showStarts(starts);

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
      encrypt: { ...stored, ...encryption },
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
