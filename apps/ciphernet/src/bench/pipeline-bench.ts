import { parseOrThrow } from '@ciphernet/errors';
import { z } from 'zod';
import type { BlobStore } from '@ciphernet/blobs';
import { type DatasetManifest, openBatchFile } from '@ciphernet/ciphertext';
import { type Configuration } from '@ciphernet/configuration';
import { type Dataset, loadDataset, takeExamples, toUnitRange } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/evaluator';
import { ensureCompiled, loadModel, saveModel } from '@ciphernet/models';
import { type CompiledCircuit, planCircuit } from '@ciphernet/parameters';
import { encryptDataset } from '@ciphernet/producer';
import { QUEUES, type QueueBackend, enqueueEvaluation, newEvaluationId, parseInferred } from '@ciphernet/queue';
import { modelSpec, selectBackend, trainModel } from '@ciphernet/training';
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
    const examples = { images: toUnitRange(train.images.subarray(0, 784_000)), height: 28, width: 28 };
    model = await saveModel(blobs, artifact, { name, transform: spec.transform }, examples);
  }
  const loaded = await loadModel(blobs, model);
  const plan = planCircuit(loaded.circuit, loaded.record.calibration, { mode });
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

/**
 * Wall-clock seconds of evaluations through the queue, from blobs to blobs: first shard's start to last shard's end.
 * Each evaluation is of its own engine address, so nothing is found in the store.
 */
export async function queueSeconds(
  prepared: PreparedModel,
  backend: QueueBackend,
  clearResults: () => Promise<void>,
  repetitions: number,
): Promise<{ readonly seconds: number; readonly resultBytes: number }> {
  const flows = backend.flows();
  const times: number[] = [];
  let resultBytes = 0;
  // The first evaluation warms up the sandboxes' compilers and is not counted.
  for (let r = 0; r <= repetitions; r++) {
    await clearResults();
    const evaluation = newEvaluationId();
    const events = backend.events(QUEUES.collect);
    await events.waitUntilReady();
    const values = new Promise<unknown[]>((resolve, reject) => {
      events.on('completed', ({ jobId, returnvalue }) => {
        if (jobId === evaluation) resolve(parseOrThrow(z.array(z.unknown()), returnvalue, 'benchmark flow'));
      });
      events.on('failed', ({ jobId, failedReason }) => {
        if (jobId === evaluation) reject(new Error(failedReason));
      });
    });
    await enqueueEvaluation(flows, evaluation, {
      manifest: prepared.manifestDigest,
      shards: prepared.manifest.shards.length,
      model: prepared.model,
      engine: 'simd',
      compare: false,
    });
    const results = (await values).map(parseInferred);
    if (results.length !== prepared.manifest.shards.length) throw new Error('a shard failed in the benchmark');
    const from = Math.min(...results.map((result) => result.startedAt));
    const to = Math.max(...results.map((result) => result.finishedAt));
    if (r > 0) times.push((to - from) / 1000);
    resultBytes = results.reduce((sum, result) => sum + result.resultBytes, 0);
  }
  return { seconds: median(times), resultBytes };
}
