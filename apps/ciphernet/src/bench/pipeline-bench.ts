import { parseOrThrow } from '@ciphernet/errors';
import { z } from 'zod';
import type { BlobStore } from '@ciphernet/blobs';
import { type DatasetManifest, openBatchFile } from '@ciphernet/ciphertext';
import { type Configuration } from '@ciphernet/configuration';
import { type Dataset, loadDataset, takeExamples } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/evaluator';
import { compileModel, ensureCompiled, loadModel, saveModel } from '@ciphernet/models';
import type { CompiledCircuit } from '@ciphernet/parameters';
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
import type { Job } from 'bullmq';
import { ensureKeys } from '../ensure-keys.js';
import { median } from './timing.js';

/** Enough training for weights and ranges of the usual size; accuracy is not what is measured here. */
const TRAINING_IMAGES = 6000;

export interface PreparedModel {
  readonly name: string;
  readonly model: string;
  readonly manifestDigest: string;
  readonly manifest: DatasetManifest;
  readonly compiled: CompiledCircuit;
  readonly encryptSeconds: number;
}

/** Trains a little, plans, encrypts the test images with the public key. */
export async function prepare(
  name: string,
  images: Dataset,
  configuration: Configuration,
  blobs: BlobStore,
  mode: 'public' | 'symmetric',
): Promise<PreparedModel> {
  await selectBackend();
  const spec = modelSpec(name);
  const train = takeExamples(await loadDataset('mnist', 'train', configuration.datasetFolders), TRAINING_IMAGES);
  let model = '';
  for await (const { artifact } of trainModel(spec, train, { recipe: { epochs: 1, seed: 1 } })) {
    model = await saveModel(blobs, artifact, { name, transform: spec.transform }, train);
  }
  const loaded = await loadModel(blobs, model);
  const { plan } = compileModel(loaded, { mode });
  const keys = await ensureKeys(`${configuration.keysFolder}/${name}`, plan.parameters, undefined);
  const encrypted = await encryptDataset({
    dataset: images,
    source: 'mnist',
    transform: spec.transform,
    parameters: plan.parameters,
    inputScale: plan.inputScale,
    mode,
    keys: keys.folder,
    blobs,
    clientFolder: configuration.clientFolder,
    threads: configuration.cores,
  });
  const { compiled } = await ensureCompiled(blobs, model, encrypted.manifest);
  return {
    name,
    model,
    manifestDigest: encrypted.digest,
    manifest: encrypted.manifest,
    compiled,
    encryptSeconds: encrypted.seconds,
  };
}

/** Seconds of the engine alone on all shards of a dataset, one after another, on one thread. */
export async function directSeconds(prepared: PreparedModel, blobs: BlobStore): Promise<number> {
  const engine = engineNamed('simd');
  let seconds = 0;
  for (const shard of prepared.manifest.shards) {
    await using local = await blobs.local(shard.digest);
    using source = openBatchFile(local.path);
    const from = performance.now();
    await engine.evaluate(prepared.compiled, source);
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
 * @param evaluations at once; several keep all workers busy where one has too few shards to share out evenly
 */
export async function queueSeconds(
  prepared: PreparedModel,
  backend: QueueBackend,
  repetitions: number,
  evaluations = 1,
): Promise<{ readonly seconds: number; readonly resultBytes: number }> {
  const shards = prepared.manifest.shards.length;
  const times: number[] = [];
  let resultBytes = 0;
  await backend.events(QUEUES.collect).waitUntilReady();
  // The first evaluation warms up the sandboxes' compilers and is not counted.
  for (let r = 0; r <= repetitions; r++) {
    const ids = Array.from({ length: evaluations }, () => newEvaluationId());
    for (const evaluation of ids) {
      await enqueueEvaluation(backend.flows(), evaluation, {
        manifest: prepared.manifestDigest,
        shards,
        model: prepared.model,
        engine: 'simd',
        compare: false,
        fresh: true,
      });
    }
    const results = (await Promise.all(ids.map((evaluation) => resultsOf(backend, evaluation)))).flat();
    if (results.length !== shards * evaluations) throw new Error('a shard failed in the benchmark');
    const from = Math.min(...results.map((result) => result.startedAt));
    const to = Math.max(...results.map((result) => result.finishedAt));
    if (r > 0) times.push((to - from) / 1000);
    resultBytes = results.reduce((sum, result) => sum + result.resultBytes, 0) / evaluations;
  }
  return { seconds: median(times), resultBytes };
}
