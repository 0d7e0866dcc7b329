// Work that does not end. A hang is: an honest evaluation that takes seconds otherwise has not ended after many times that.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, isAlive, within } from './deployment.mjs';
import { claimed, resultHeader } from './forged-result.mjs';
import { artifactOf, dense, flatten, pooling, writeModelFolder } from './tfjs-models.mjs';

/** An honest evaluation takes two to four seconds on two cores, half of them the passphrase. */
const HUNG_SECONDS = 30;
const TERM_SECONDS = 15;

const honestRequest = ({ datasets, model }) => ({ manifest: datasets.private.digest, shards: 1, model });

/**
 * An honest evaluation behind something has not ended in all this time, and who should have ended it is there.
 *
 * @param child of whom it waits; a process that has crashed does not hang
 */
async function expectHung(parties, evaluation, what, child) {
  const job = await parties.ended(evaluation, HUNG_SECONDS);
  expect(job === undefined, `${what}: the honest evaluation behind it ended`);
  expect(isAlive(child), `${what}: its process has ended`);
}

/** Waits until an evaluation's shard has been answered: then it is its collector's turn. */
async function expectInferred({ backend, queues }, evaluation) {
  const infer = backend.queue(queues.infer);
  const isDone = async () => (await infer.getJob(`${evaluation}-shard-0`))?.finishedOn;
  expect(await within(60, isDone), 'the shard was answered');
}

async function expectAlive(parties, owner) {
  const evaluation = await parties.enqueue(honestRequest(owner));
  expect((await parties.ended(evaluation, HUNG_SECONDS))?.returnvalue, 'honest evaluations come through before');
}

/** In a field of five elements there is no 8192nd root of unity, and the collector looks for one before it looks at the primes. */
async function primes(parties, owner) {
  const { old, blobs, backend, queues } = parties;
  const { digest, manifest } = owner.datasets.private;
  const { batchToBytes } = await old.library('ciphertext');
  const N = manifest.parameters.ringDegree;
  const header = await resultHeader(old, manifest, {
    primes: [5, 5, 5],
    ciphertexts: manifest.classes / 2,
    values: manifest.classes,
    images: manifest.images,
    scale: 1,
    wordBits: 17,
  });
  const { digest: result } = await blobs.put(batchToBytes(header, new Uint32Array(3 * (manifest.classes / 2) * 2 * N)));
  const collector = await parties.startCollector();
  const worker = await parties.startWorker();
  await expectAlive(parties, owner);
  worker.kill('SIGKILL');

  const attacker = parties.answerInfer((shard) => claimed(shard, result));
  const forged = await parties.enqueue({ manifest: digest, shards: 1, model: owner.model });
  const state = async () => (await backend.queue(queues.collect).getJob(forged))?.getState();
  const isActive = async () => (await state()) === 'active';
  expect(await within(20, isActive), 'the collector takes the forged result');
  await attacker.close(true);
  await parties.startWorker();
  const behind = await parties.enqueue(honestRequest(owner));
  await expectInferred(parties, behind);
  await expectHung(parties, behind, 'the collector at work', collector);

  collector.kill('SIGTERM');
  await sleep(1000 * TERM_SECONDS);
  expect(isAlive(collector), 'SIGTERM is ignored');
  collector.kill('SIGKILL');
  const restarted = await parties.startCollector();
  // The job was another process's: it is given out again once its lock of 30 seconds has run out.
  const job = await backend.queue(queues.collect).getJob(forged);
  const taken = job.attemptsStarted;
  const isTakenAgain = async () => (await backend.queue(queues.collect).getJob(forged)).attemptsStarted > taken;
  expect(await within(90, isTakenAgain), 'the restarted collector takes it again');
  const again = await parties.enqueue(honestRequest(owner));
  await expectInferred(parties, again);
  await expectHung(parties, again, 'the restarted collector', restarted);
  return `an honest evaluation waited ${HUNG_SECONDS} s, SIGTERM did nothing in ${TERM_SECONDS} s, and again after a restart`;
}

/** With 'same' padding the window may be larger than the image; each of its 10^18 places is visited. */
const ENDLESS = [
  pooling('endless', [1e9, 1e9], [28, 28]),
  flatten,
  dense('out', 10, new Float32Array(10), new Float32Array(10)),
];

/** The record of a model that nobody can load: made by hand, since the published code would load it. */
async function storeEndless({ blobs }, images) {
  const put = async (bytes) => (await blobs.put(bytes)).digest;
  const text = (value) => new TextEncoder().encode(JSON.stringify(value));
  const { modelTopology, weightSpecs, weightData } = artifactOf(ENDLESS);
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  const record = {
    format: 'ciphernet-model',
    version: 2,
    name: 'endless',
    transform: { crop: 0, mean: 1 },
    topology: await put(text({ format: 'layers-model', modelTopology, weightsManifest })),
    weights: await put(weightData),
    examples: { images: await put(images.slice(0, 784)), height: 28, width: 28 },
    calibration: { maxAbs: [1], gains: [1, 1], meanGains: [1, 1], examples: 1 },
  };
  return put(text(record));
}

async function poolingHangs(parties, owner) {
  const model = await storeEndless(parties, owner.train.images);
  const { digest } = owner.datasets.private;
  const request = { manifest: digest, shards: 1, model };
  const collector = await parties.startCollector();
  const worker = await parties.startWorker();
  await expectAlive(parties, owner);

  await parties.enqueue(request);
  await sleep(1000);
  await expectHung(
    parties,
    await parties.enqueue({ ...honestRequest(owner), fresh: true }),
    'the worker’s slot',
    worker,
  );
  worker.kill('SIGKILL');

  // The attacker answers this time, and asks for a comparison: the collector loads the model itself.
  const attacker = parties.answerInfer((shard) => claimed(shard, owner.honest.private.results[0].result));
  const compared = await parties.enqueue({ ...request, compare: true, priority: 1 });
  await expectInferred(parties, compared);
  await sleep(1000);
  const behind = await parties.enqueue(honestRequest(owner));
  await expectInferred(parties, behind);
  await expectHung(parties, behind, 'the collector', collector);
  await attacker.close(true);

  const importing = async (name, layers) => {
    const folder = await writeModelFolder(join(parties.folder, name), layers);
    return (await parties.command(['model', 'import', folder], {}, HUNG_SECONDS)).code;
  };
  const ordinary = [pooling('ordinary', [28, 28], [28, 28]), ...ENDLESS.slice(1)];
  expect((await importing('ordinary', ordinary)) === 0, 'a model of an ordinary window is imported');
  expect((await importing('endless', ENDLESS)) === undefined, 'model import ended');
  return `worker slot, collector and model import: each without end for ${HUNG_SECONDS} s`;
}

export const attacks = [
  { row: 10, name: 'a result with primes 5, 5, 5 stops the collector for good', run: primes },
  { row: 11, name: 'a pooling window of a billion stops worker, collector and import', run: poolingHangs },
];
