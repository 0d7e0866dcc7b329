import { type EngineName, openBatchFile } from '@ciphernet/artifacts';
import { componentsAfter, describeParameters, slotsOf } from '@ciphernet/ckks';
import { type Gpu, engineNamed, loadMeasurements, openGpu } from '@ciphernet/engines';
import { DeviceError, elementAt, lastOf } from '@ciphernet/foundation';
import { startWorker } from '@ciphernet/worker';
import { type BenchTools, type PreparedModel, evaluationsAtOnce, queueSeconds } from './pipeline-bench.js';
import { inMemory } from './seal-bench.js';
import { medianSecondsAsync } from './timing.js';
import { type TrainingFigures, benchTraining } from './training-bench.js';

/** What one engine makes of one network, images a second. */
interface EngineFigures {
  /** A full shard from memory, one job at a time, on one thread. */
  readonly fromMemory: number;
  /** Several evaluations at once through the queue, from blobs to blobs, infer threads on all cores. */
  readonly blobsToBlobs: number;
}

/** What only a GPU has. */
interface GpuFigures {
  readonly device: string;
  /** Images a second of the kernels alone, on residues that are on the device. */
  readonly kernels: number;
  /** 8-bit multiply-adds a second of the kernels, over those of a bare loop of `dot4I8Packed`. */
  readonly shareOfPeak: number;
  /** 8-bit multiply-adds a second of the bare loop. */
  readonly peak: number;
  /** To the device and back, an image of a full shard. */
  readonly bytesPerImage: number;
}

/** Times an engine on a network's shards. @throws what the engine throws where it cannot run here */
async function benchEngine(name: EngineName, prepared: PreparedModel, tools: BenchTools): Promise<EngineFigures> {
  const { compiled, manifest, examples } = prepared;
  const engine = engineNamed(name);
  await using local = await tools.blobs.local(elementAt(manifest.shards, 0).digest);
  using file = openBatchFile(local.path);
  using memory = inMemory(file);
  const seconds = await medianSecondsAsync(() => engine.evaluate(compiled, memory), 5);
  const { cores } = tools.configuration;
  const evaluations = evaluationsAtOnce(cores);
  const { workers } = startWorker(tools, { infer: cores, audit: 0, train: false, benchmark: false });
  try {
    // Not counted: it opens devices and warms up the threads' compilers.
    await queueSeconds(prepared, tools.backend, evaluations, name);
    const queued = await queueSeconds(prepared, tools.backend, evaluations, name);
    return {
      fromMemory: slotsOf(manifest.parameters) / seconds,
      blobsToBlobs: (evaluations * examples) / queued.seconds,
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}

/** @throws DeviceError where there is no GPU, or one that a processor plays */
async function openHardware(): Promise<Gpu> {
  const gpu = await openGpu();
  if (!gpu.isSoftware) return gpu;
  gpu[Symbol.dispose]();
  throw new DeviceError(`the only GPU is software: ${gpu.name}`, {
    where: '--engine webgpu',
    hint: 'measure on a machine with a GPU',
  });
}

/** Times the kernels alone. */
async function benchGpu(gpu: Gpu, prepared: PreparedModel, tools: BenchTools): Promise<GpuFigures> {
  const { compiled, manifest } = prepared;
  await using local = await tools.blobs.local(elementAt(manifest.shards, 0).digest);
  using file = openBatchFile(local.path);
  const { measureKernels, measurePeak } = await loadMeasurements();
  const peak = await measurePeak(gpu);
  const { seconds, multiplyAdds } = await measureKernels(gpu, compiled, file);
  const slots = slotsOf(manifest.parameters);
  const { maps } = compiled.circuit;
  // Outputs come back in fours.
  const polynomials = componentsAfter(maps.length - 1) * 4 * Math.ceil(lastOf(maps).outputs / 4);
  const { ringDegree, primes } = manifest.parameters;
  const words = primes.length * ringDegree * (2 * manifest.features + polynomials);
  return {
    device: gpu.name,
    kernels: slots / seconds,
    shareOfPeak: multiplyAdds / seconds / peak,
    peak,
    bytesPerImage: (4 * words) / slots,
  };
}

/** Times training on the device and without it. */
async function compareTraining(gpu: Gpu, tools: BenchTools, say: (line: string) => void): Promise<TrainingFigures[]> {
  const { datasetFolders } = tools.configuration;
  const figures = [await benchTraining(datasetFolders, gpu), await benchTraining(datasetFolders)];
  for (const { backend, epochs } of figures) {
    say(`\ntraining on ${backend}, an epoch of 60,000 images`);
    for (const { network, seconds } of epochs) say(`  ${network.padEnd(46)}${`${seconds.toFixed(2)} s`.padStart(22)}`);
  }
  return figures;
}

/** Networks that engines are compared on. */
const NETWORKS = ['cnn', 'mlp'];

/**
 * Compares an engine with `simd`, network by network, in one run.
 *
 * @param prepareNetwork trains and encrypts
 * @param say is told line by line
 * @throws DeviceError before anything is prepared, where the engine is `webgpu` and there is no GPU
 */
export async function compareWithSimd(
  name: EngineName,
  prepareNetwork: (network: string) => Promise<PreparedModel>,
  tools: BenchTools,
  say: (line: string) => void,
): Promise<Record<string, unknown>> {
  const rate = (value: number): string => `${Math.round(value).toLocaleString('en')} images/s`.padStart(22);
  using device = name === 'webgpu' ? await openHardware() : undefined;
  const figures: Record<string, unknown> = {};
  for (const network of NETWORKS) {
    const prepared = await prepareNetwork(network);
    say(`\n${prepared.name}: ${describeParameters(prepared.manifest.parameters)}`);
    const gpu = device === undefined ? undefined : await benchGpu(device, prepared, tools);
    if (gpu !== undefined) {
      say(`  on ${gpu.device}, bare loop of dot4I8Packed: ${(gpu.peak / 1e12).toFixed(2)} T 8-bit multiply-adds/s`);
      say(
        `  kernels alone, residues on the device         ${rate(gpu.kernels)}, ${(100 * gpu.shareOfPeak).toFixed(0)} % of it`,
      );
      say(
        `  over the bus                                  ${`${Math.round(gpu.bytesPerImage)} B an image`.padStart(22)}`,
      );
    }
    const own = await benchEngine(name, prepared, tools);
    const simd = await benchEngine('simd', prepared, tools);
    for (const [what, engine] of [
      [name, own],
      ['simd', simd],
    ] as const) {
      say(`  ${`${what}, a full shard from memory, one thread`.padEnd(46)}${rate(engine.fromMemory)}`);
      say(`  ${`${what}, blobs to blobs, all cores`.padEnd(46)}${rate(engine.blobsToBlobs)}`);
    }
    figures[prepared.name] = { [name]: own, simd, ...(gpu === undefined ? {} : { gpu }) };
  }
  if (device !== undefined) figures.training = await compareTraining(device, tools, say);
  return figures;
}
