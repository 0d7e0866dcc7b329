import { type DatasetManifest, type EngineName, openBatchFile } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import type { RingName } from '@ciphernet/ckks';
import { type CompiledCircuit, costOf } from '@ciphernet/compiler';
import { type Dataset, examplesOf, loadDataset, takeExamples } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/engines';
import { networkToLayersModel } from '@ciphernet/formats';
import { median, parseOrThrow } from '@ciphernet/foundation';
import { compileModel, ensureCompiled, loadModel, saveModel } from '@ciphernet/models';
import { ensureKeys } from '@ciphernet/owner';
import { type OwnerConfiguration, openOwnerIdentity } from '@ciphernet/owner-records';
import { encryptDataset } from '@ciphernet/producer';
import {
  type InferredResult,
  QUEUES,
  type QueueBackend,
  enqueueEvaluation,
  newEvaluationId,
  parseInferred,
} from '@ciphernet/queue';
import { modelSpec, selectBackend, trainModel } from '@ciphernet/training';
import { THREADS_PER_SHARD, type WorkerTools, startWorker } from '@ciphernet/worker';
import type { Job } from 'bullmq';
import { z } from 'zod';

/** Enough training for weights and ranges of the usual size; accuracy is not what is measured here. */
const TRAINING_IMAGES = 6000;

/** What a measurement works with: a worker's tools and the store. */
export interface BenchTools extends WorkerTools {
  readonly blobs: BlobStore;
}

/** A model and a dataset encrypted for it. */
export interface PreparedModel {
  readonly name: string;
  readonly model: string;
  readonly manifestDigest: string;
  readonly manifest: DatasetManifest;
  readonly compiled: CompiledCircuit;
  readonly encryptSeconds: number;
  /** Images of the dataset; the manifest counts twins and zeros as well. */
  readonly examples: number;
}

/** Trains a network a little. @returns the model's digest */
async function trainALittle(name: string, owner: OwnerConfiguration, blobs: BlobStore): Promise<string> {
  await selectBackend();
  const spec = modelSpec(name);
  const train = takeExamples(await loadDataset('mnist', 'train', owner.datasetFolders), TRAINING_IMAGES);
  let model = '';
  for await (const { network } of trainModel(spec, train, { recipe: { epochs: 1, seed: 1 } })) {
    model = await saveModel(blobs, networkToLayersModel(network), { name, transform: spec.transform }, train);
  }
  return model;
}

/** Upload an image in full shards, in bytes, by how it is encrypted. */
export interface UploadBytes {
  readonly public: number;
  readonly symmetric: number;
}

/** What the planner's choice for a network of the zoo costs to upload: nothing is encrypted for it. */
export async function uploadBytesOf(
  network: { readonly name: string; readonly model?: string },
  owner: OwnerConfiguration,
  blobs: BlobStore,
): Promise<UploadBytes> {
  const model = await loadModel(blobs, network.model ?? (await trainALittle(network.name, owner, blobs)));
  const bytesIn = (mode: keyof UploadBytes): number => {
    const { plan, circuit } = compileModel(model, { mode });
    return costOf(plan, circuit).uploadBytesPerImage;
  };
  return { public: bytesIn('public'), symmetric: bytesIn('symmetric') };
}

/** Trains a little unless a model is given, plans, encrypts the test images. */
export async function prepare(
  name: string,
  images: Dataset,
  owner: OwnerConfiguration,
  blobs: BlobStore,
  choice: { readonly mode: 'public' | 'symmetric'; readonly ring?: RingName; readonly model?: string },
): Promise<PreparedModel> {
  const { transform } = modelSpec(name);
  const { mode, ring } = choice;
  const model = choice.model ?? (await trainALittle(name, owner, blobs));
  const loaded = await loadModel(blobs, model);
  const { plan } = compileModel(loaded, { mode, ring });
  const folder = await ensureKeys(owner, plan.parameters);
  const encrypted = await encryptDataset(
    {
      examples: examplesOf(images, transform),
      source: 'mnist',
      parameters: plan.parameters,
      inputScale: plan.inputScale,
      mode,
    },
    { folder, passphrase: undefined },
    {
      blobs,
      identity: await openOwnerIdentity(owner),
      recordsFolder: owner.recordsFolder,
      threads: owner.cores,
    },
  );
  const { compiled } = await ensureCompiled(blobs, model, encrypted.manifest);
  return {
    name,
    model,
    manifestDigest: encrypted.digest,
    manifest: encrypted.manifest,
    compiled,
    encryptSeconds: encrypted.seconds,
    examples: images.count,
  };
}

/** Seconds of the engine alone on all shards of a dataset, one after another, with the threads that a worker lets a shard have. */
async function directSeconds(prepared: PreparedModel, blobs: BlobStore): Promise<number> {
  const engine = engineNamed('simd');
  let seconds = 0;
  for (const shard of prepared.manifest.shards) {
    await using local = await blobs.local(shard.digest, { verify: false });
    using source = openBatchFile(local.path);
    const from = performance.now();
    await engine.evaluate(prepared.compiled, source, { threads: THREADS_PER_SHARD });
    seconds += (performance.now() - from) / 1000;
  }
  return seconds;
}

/** Waits for an evaluation's collect job, which returns its shards' results. */
async function resultsOf(backend: QueueBackend, evaluation: string): Promise<InferredResult[]> {
  const job = (await backend.queue(QUEUES.collect).getJob(evaluation)) as Job | undefined;
  if (job === undefined) throw new Error('the benchmark flow is not in the queue');
  const values: unknown = await job.waitUntilFinished(backend.events(QUEUES.collect));
  return parseOrThrow(z.array(z.unknown()), values, 'benchmark flow').map(parseInferred);
}

/**
 * Wall-clock seconds of evaluations through the queue, from blobs to blobs: first shard's start to last shard's end.
 * Each computes its shards anew.
 *
 * @param engine evaluates all shards; a job fails where it cannot
 * @param evaluations at once; several keep all workers busy where one has too few shards to share out evenly
 */
export async function queueSeconds(
  prepared: PreparedModel,
  backend: QueueBackend,
  evaluations: number,
  engine: EngineName = 'simd',
): Promise<{ readonly seconds: number; readonly resultBytes: number }> {
  const shards = prepared.manifest.shards.length;
  // Each evaluation that is waited for listens to the queue's end.
  const collects = backend.queue(QUEUES.collect);
  collects.setMaxListeners(Math.max(collects.getMaxListeners(), 10 + evaluations));
  await backend.events(QUEUES.collect).waitUntilReady();
  const ids = Array.from({ length: evaluations }, () => newEvaluationId());
  for (const evaluation of ids) {
    await enqueueEvaluation(backend.flows(), evaluation, {
      manifest: prepared.manifestDigest,
      shards,
      model: prepared.model,
      engine,
      compare: false,
      fresh: true,
    });
  }
  const results = (await Promise.all(ids.map((evaluation) => resultsOf(backend, evaluation)))).flat();
  if (results.length !== shards * evaluations) throw new Error('a shard failed in the benchmark');
  const from = Math.min(...results.map((result) => result.startedAt));
  const to = Math.max(...results.map((result) => result.finishedAt));
  const resultBytes = results.reduce((sum, result) => sum + result.resultBytes, 0) / evaluations;
  return { seconds: (to - from) / 1000, resultBytes };
}

/** What a pipeline was measured at; medians over rounds. */
export interface PipelineFigures {
  /** One evaluation, all cores taking jobs. */
  readonly seconds: number;
  readonly resultBytes: number;
  /** One job at a time through the queue, over the engine called directly with as many threads: 0.1 is 10 % more. */
  readonly overhead: number;
  /** Images a second of all cores taking jobs, over those of one job at a time; the same shards. */
  readonly scaling: number;
}

/**
 * Evaluations at once where throughput is measured. Four have 8 or 12 shards, which share out evenly among 2 or 4 cores; more cores
 * have as many evaluations as they are, lest some wait while others end.
 */
export function evaluationsAtOnce(cores: number): number {
  return Math.max(4, cores);
}

const ROUNDS = 5;
/** Of those, the ones in which the long measurement of several evaluations at once takes part. */
const MANY_ROUNDS = 3;

/**
 * Measures what is compared in turns, round by round: a shared machine's speed drifts by more than the differences.
 *
 * @returns medians over the rounds
 */
export async function benchPipeline(prepared: PreparedModel, tools: BenchTools): Promise<PipelineFigures> {
  const { blobs, backend } = tools;
  const { cores } = tools.configuration;
  const many = evaluationsAtOnce(cores);
  const { workers } = startWorker(tools, { infer: cores, audit: 0, train: false, benchmark: false });
  const through = (jobs: number, evaluations: number): ReturnType<typeof queueSeconds> => {
    for (const worker of workers) worker.concurrency = jobs;
    return queueSeconds(prepared, backend, evaluations);
  };
  const ones: number[] = [];
  const overheads: number[] = [];
  const scalings: number[] = [];
  let resultBytes = 0;
  try {
    // Not counted: it warms up the threads' compilers.
    await through(cores, 1);
    for (let round = 0; round < ROUNDS; round++) {
      const queued = await through(cores, 1);
      resultBytes = queued.resultBytes;
      ones.push(queued.seconds);
      // Like with like: shard after shard, called directly and through a worker that takes one job at a time.
      const direct = await directSeconds(prepared, blobs);
      overheads.push((await through(1, 1)).seconds / direct - 1);
      if (round >= MANY_ROUNDS) continue;
      const singleMany = (await through(1, many)).seconds;
      scalings.push(singleMany / (await through(cores, many)).seconds);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
  return {
    seconds: median(ones),
    resultBytes,
    overhead: median(overheads),
    scaling: median(scalings),
  };
}
