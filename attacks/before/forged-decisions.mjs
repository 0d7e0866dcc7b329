// Results that say what the attacker likes, and the reports that the old collector made of them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from './deployment.mjs';
import { claimed, storeDecisions } from './forged-result.mjs';
import { forge } from './owner.mjs';

/** Class 0 for every image but nine: column k of the confusion matrix then holds one image, in the row of its label. */
async function labels(parties, { datasets }) {
  const { manifest, labels: truth } = datasets.private;
  const chosen = [3, 18, 61, 100, 146, 202, 231, 260, 299];
  const classes = new Uint8Array(manifest.images);
  chosen.forEach((image, i) => (classes[image] = i + 1));
  const result = await storeDecisions(parties, manifest, 0, classes);
  await parties.startCollector();
  // No model has this digest.
  const { report } = await forge(parties, datasets.private, [result], { model: 'd'.repeat(64) });
  const found = chosen.map((_, i) => report.confusion.findIndex((row) => row[i + 1] === 1));
  const right = found.filter((label, i) => label === truth[chosen[i]]).length;
  expect(right === chosen.length, `${right} of ${chosen.length} labels: ${found.join(' ')}`);
  return `${right} of ${chosen.length} private labels in one evaluation, of a model that does not exist`;
}

async function enqueues(parties, { datasets, model, honest }) {
  await parties.startWorker();
  await parties.startCollector();
  const { digest, manifest } = datasets.private;
  const evaluation = await parties.enqueue({ manifest: digest, shards: 1, model, compare: true, fresh: true });
  await parties.ended(evaluation);
  const report = await parties.report(evaluation);
  const counts = report.confusion.flat().reduce((sum, count) => sum + count, 0);
  expect(counts === manifest.images, `a confusion matrix of ${counts} images`);
  expect(report.accuracy.encrypted === honest.private.report.accuracy.encrypted, 'the accuracy that the owner sees');
  expect(report.precision?.measuredLargest > 0, 'the error of the decrypted logits');
  return `confusion matrix, accuracy and errors (${report.precision.measuredLargest}) of private data, without the owner`;
}

async function oneHot(parties, { datasets, model, honest }) {
  const { manifest, labels: truth } = datasets.public;
  const slots = manifest.shards[0].images;
  const results = await Promise.all(
    manifest.shards.map((_, shard) =>
      storeDecisions(parties, manifest, shard, truth.slice(shard * slots, (shard + 1) * slots), 20),
    ),
  );
  await parties.startCollector();
  const { compiled } = honest.public.results[0];
  const answers = results.map((result, shard) => claimed(shard, result, { compiled }));
  const { report } = await forge(parties, datasets.public, answers, { model, compare: true });
  const { encrypted } = report.accuracy;
  const { measuredLargest, predictedBound } = report.precision;
  expect(encrypted === 1, `accuracy ${encrypted}`);
  expect(measuredLargest > 10 * predictedBound, `largest error ${measuredLargest}, bound ${predictedBound}`);
  return `accuracy ${encrypted} with comparison on; largest error ${measuredLargest.toFixed(1)}, bound ${predictedBound.toFixed(3)}`;
}

async function misplaced(parties, { datasets, honest, model }) {
  const [first, second] = honest.public.results.map(({ result }) => result);
  const linear = honest.linear.results.map(({ result }) => result);
  await parties.startCollector();
  const accuracyOf = async (...results) => {
    const { report } = await forge(parties, datasets.public, results, { model });
    return report.accuracy.encrypted;
  };
  const swapped = await accuracyOf(second, first);
  const doubled = await accuracyOf(first, first);
  const replayed = await accuracyOf(...linear);
  expect(swapped < 0.2, `swapped shards give a report of ${swapped}`);
  expect(doubled > 0.4 && doubled < 0.7, `one shard twice gives a report of ${doubled}`);
  expect(replayed === honest.linear.report.accuracy.encrypted, `another model's results give ${replayed}`);
  return `reports of swapped shards (${swapped.toFixed(3)}), of one shard twice (${doubled.toFixed(3)}), of another model's results (${replayed.toFixed(3)})`;
}

async function replacesReport(parties, { datasets, honest, model }) {
  const worker = await parties.startWorker();
  await parties.startCollector();
  const { digest, labels: truth, manifest } = datasets.private;
  const { evaluation, folder } = await parties.json(['enqueue', '--dataset', digest, '--model', model]);
  const read = async () => JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')).accuracy.encrypted;
  const before = await read();
  expect(before === honest.private.report.accuracy.encrypted, `the owner has an honest report of ${before}`);
  // From here on the attacker is the worker that takes the next job.
  worker.kill('SIGKILL');
  await parties.backend.queue(parties.queues.collect).remove(evaluation, { removeChildren: true });
  const wrong = truth.map((label) => (label + 1) % 10);
  await forge(parties, datasets.private, [await storeDecisions(parties, manifest, 0, wrong)], { model, evaluation });
  const after = await read();
  expect(after === 0, `the report on the owner's disk says ${after}`);
  return `the owner's report.json went from ${before.toFixed(3)} to ${after}`;
}

export const attacks = [
  { row: 4, name: 'anybody with the queue’s address enqueues with comparison, and reads the report', run: enqueues },
  { row: 3, name: 'a transparent result tells nine labels of private images', run: labels },
  { row: 7, name: 'one-hot labels of a public set are reported as a model of 100 %', run: oneHot },
  { row: 7, name: 'swapped, doubled and another model’s results give reports', run: misplaced },
  { row: 13, name: 'enqueueing a finished evaluation’s id again replaces the owner’s report', run: replacesReport },
];
