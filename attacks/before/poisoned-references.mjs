// References in the store that the next worker believes: `refs/results/…` says what a shard's result is, `refs/compiled/…` what a
// model's circuit is. Whoever reaches the store writes them; the workers here are honest.
import { createHash } from 'node:crypto';
import { expect } from './deployment.mjs';
import { storeDecisions } from './forged-result.mjs';

/** The datasets are shared by all attacks: what one has poisoned must not be the success of another. */
async function withReferences({ blobs }, references, body) {
  const before = new Map();
  for (const [name, text] of references) {
    before.set(name, await blobs.getRef(name));
    await blobs.setRef(name, text);
  }
  try {
    return await body();
  } finally {
    for (const [name, text] of before) await blobs.setRef(name, text);
  }
}

async function results(parties, { datasets, honest, model }) {
  const { digest, manifest, labels: truth } = datasets.private;
  const [{ compiled, engine }] = honest.private.results;
  const result = await storeDecisions(parties, manifest, 0, truth, 20);
  const key = createHash('sha256').update(`${compiled} ${manifest.shards[0].digest} ${engine}`).digest('hex');
  expect((await parties.blobs.getRef(`results/${key}`)) !== undefined, 'the reference is the one that a worker writes');
  const poison = [[`results/${key}`, JSON.stringify({ result, bytes: 1000, seconds: 1 })]];
  return withReferences(parties, poison, async () => {
    await parties.startWorker();
    await parties.startCollector();
    const { accuracy } = await parties.json(['enqueue', '--dataset', digest, '--model', model]);
    expect(accuracy === 1, `accuracy ${accuracy}`);
    return `the owner's own command prints ${accuracy}, before it was ${honest.private.report.accuracy.encrypted.toFixed(3)}`;
  });
}

async function circuits(parties, { datasets, honest, model }) {
  const { digest } = datasets.public;
  const compiled = honest.public.results[0].compiled;
  const cheap = honest.linear.results[0].compiled;
  const names = await parties.blobs.listRefs('compiled');
  const texts = await Promise.all(names.map(async (name) => [name, await parties.blobs.getRef(name)]));
  const poison = texts.filter(([, text]) => text === compiled).map(([name]) => [name, cheap]);
  expect(poison.length > 0, 'the circuit of the model has a reference');
  return withReferences(parties, poison, async () => {
    await parties.startWorker();
    await parties.startCollector();
    const command = ['enqueue', '--dataset', digest, '--model', model, '--no-compare', '--fresh'];
    const { accuracy, evaluation } = await parties.json(command);
    const report = await parties.report(evaluation);
    const own = honest.public.report.accuracy.encrypted;
    expect(report.model.digest === model, 'the report names the model');
    expect(accuracy === honest.linear.report.accuracy.encrypted, `accuracy ${accuracy}, not the linear circuit's`);
    return `reported as the model's: ${accuracy.toFixed(3)} of a linear circuit, where the model has ${own.toFixed(3)}`;
  });
}

export const attacks = [
  { row: 8, name: 'a poisoned reference to a result makes an honest worker return it', run: results },
  { row: 9, name: 'a poisoned reference to a circuit has a cheaper one reported as the model', run: circuits },
];
