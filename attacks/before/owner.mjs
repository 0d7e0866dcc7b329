// What the owner had done before anybody attacked, by the old command line: keys under a passphrase, a trained model, encrypted
// datasets, and one honest evaluation. The labels are here to hold the attackers' findings against, and for nothing else.
import { join } from 'node:path';
import { claimed } from './forged-result.mjs';
import { expect } from './deployment.mjs';
import { centroidLayers, storeModel } from './tfjs-models.mjs';

/** Few enough to leave an attacker freedom in the slots that nobody reads. */
const PRIVATE_IMAGES = 300;
/** Two full shards, so that one passes for the other. */
const PUBLIC_IMAGES = 4096;

export async function prepareOwner(deployment, progress) {
  const { old, blobs, data, scene, json } = deployment;
  const { manifestFromBytes } = await old.library('ciphertext');
  const { loadDataset, takeExamples } = await old.library('datasets');
  const folders = { cacheFolder: join(data, 'cache') };
  progress('the owner: keys, datasets, models');
  await deployment.command(['keys', 'create', '--profile', 'one-square']);
  const test = await loadDataset('mnist', 'test', folders);
  const encrypted = async (images) => {
    const args = ['dataset', 'encrypt', 'mnist', '--images', String(images), '--profile', 'one-square'];
    const { dataset } = await json(args);
    const manifest = manifestFromBytes(await blobs.get(dataset), 'dataset');
    return { digest: dataset, manifest, ...takeExamples(test, images) };
  };
  const datasets = {
    private: await encrypted(PRIVATE_IMAGES),
    public: await encrypted(PUBLIC_IMAGES),
    single: await encrypted(1),
  };
  const train = takeExamples(await loadDataset('mnist', 'train', folders), 5000);
  const linear = await storeModel(deployment, 'linear', centroidLayers(train), train);

  progress('the owner: a model, trained for an epoch, and honest evaluations');
  return scene(async (parties) => {
    await parties.startWorker();
    await parties.startCollector();
    const trainer = parties.begin(['worker', '--roles', 'train']);
    const { model } = await parties.json(['model', 'train', 'mlp', '--epochs', '1']);
    trainer.kill('SIGKILL');
    const honest = async (dataset, evaluated) => {
      const shards = dataset.manifest.shards.length;
      const evaluation = await parties.enqueue({ manifest: dataset.digest, shards, model: evaluated, compare: true });
      await parties.ended(evaluation);
      const infer = parties.backend.queue(parties.queues.infer);
      const results = await Promise.all(
        dataset.manifest.shards.map(
          async (_, shard) => (await infer.getJob(`${evaluation}-shard-${shard}`)).returnvalue,
        ),
      );
      return { evaluation, report: await parties.report(evaluation), results };
    };
    const owner = {
      datasets,
      train,
      model,
      linear,
      honest: {
        private: await honest(datasets.private, model),
        public: await honest(datasets.public, model),
        linear: await honest(datasets.public, linear),
      },
    };
    // Otherwise nothing below would mean anything: the system works, and its models are different ones.
    const { encrypted: accuracy } = owner.honest.public.report.accuracy;
    expect(accuracy > 0.9, `an honest evaluation reports ${accuracy}`);
    expect(owner.honest.linear.report.accuracy.encrypted < accuracy - 0.05, 'the linear model is worse');
    return owner;
  });
}

/** An evaluation that the attacker enqueues and answers. @returns its id and the report, as read in the store */
export async function forge(parties, { digest, manifest }, results, more = {}) {
  const answers = results.map((result, shard) => (typeof result === 'string' ? claimed(shard, result) : result));
  const worker = parties.answerInfer((shard) => answers[shard]);
  const { model = 'f'.repeat(64), ...rest } = more;
  const shards = manifest.shards.length;
  const evaluation = await parties.enqueue({ manifest: digest, shards, model, ...rest });
  await parties.ended(evaluation);
  await worker.close(true);
  return { evaluation, report: await parties.report(evaluation) };
}
