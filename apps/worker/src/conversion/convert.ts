import {
  type Candidate,
  type Replacement,
  type Student,
  candidatesOf,
  chosenCandidate,
  distil,
  rankCandidates,
  replacementsOf,
  scoresOf,
  startOf,
  stepsOf,
  stepsOfTrials,
} from '@ciphernet/conversion';
import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { ConvertJob, ConvertedResult } from '@ciphernet/queue';
import { decodeCheckpoint, encodeCheckpoint } from '@ciphernet/training';
import { fileOfStudent, quantisedScores, standing, storeStudent } from './assess.js';
import { conversionReportToBytes } from './conversion-report.js';
import {
  type ConversionState,
  type Standing,
  ranked,
  standardError,
  writeConversionState,
} from './conversion-state.js';
import { figuresOf } from './figures.js';
import type { Original } from './original.js';
import { type Conversion, type ConvertDependencies, prepareConversion } from './prepare.js';

type Network = ConversionState['networks'][number];

/** Keeps what has been done. */
async function keep(conversion: Conversion, changes: Partial<ConversionState>): Promise<void> {
  conversion.state = { ...conversion.state, ...changes, seconds: conversion.seconds() };
  await writeConversionState(
    conversion.store.blobs,
    conversion.job.run,
    conversion.state,
    conversion.dependencies.trust,
  );
}

/** Counts steps of trials and of training together. */
function stepCounter(
  { dependencies, recipe, split }: Conversion,
  trials: number,
): { readonly trial: (note: string) => void; readonly training: (done: number, note: string) => void } {
  const total = trials + recipe.epochs * stepsOf(split.training.count, recipe.batch);
  let tried = 0;
  return {
    trial: (note) => dependencies.onProgress?.({ done: Math.min(++tried, trials), total, note }),
    training: (done, note) => dependencies.onProgress?.({ done: trials + done, total, note }),
  };
}

type Counter = ReturnType<typeof stepCounter>;

async function rank(
  conversion: Conversion,
  candidates: readonly Candidate[],
  counter: Counter,
): Promise<readonly Candidate[]> {
  const { split, objective, recipe, state, dependencies } = conversion;
  const { ranked } = await rankCandidates(
    candidates,
    { training: split.training, validation: split.validation, objective, recipe },
    {
      known: state.tried,
      signal: dependencies.signal,
      onStep: () => counter.trial('trying where squares go'),
      onTrial: (trial) => keep(conversion, { tried: [...conversion.state.tried, trial] }),
    },
  );
  return ranked;
}

/** How a network stands on validation data with integer weights, as it is evaluated encrypted. */
async function compare(
  { store, compared, reading, objective }: Conversion,
  model: string,
): Promise<{ figure: number; loss: number }> {
  return standing(await quantisedScores(model, store, compared.values), compared, reading, objective);
}

/** Keeps a network's file, and how it stands on validation data in real numbers. */
async function keepNetwork(conversion: Conversion, epoch: number, student: Student, model?: string): Promise<Network> {
  const { store, compared, reading, objective } = conversion;
  const { digest } = await store.blobs.put(fileOfStudent(student, store));
  const stands = standing(scoresOf(student, compared.values), compared, reading, objective);
  return { epoch, file: digest, ...(model === undefined ? {} : { model }), ...stands };
}

/** The best structure that can be evaluated encrypted, stored as it is before training. */
async function start(
  conversion: Conversion,
  ranked: readonly Candidate[],
): Promise<{ readonly candidate: Candidate; readonly student: Student }> {
  const { chosen } = conversion.state;
  const before = ranked.find(({ name }) => name === chosen);
  if (before !== undefined) return { candidate: before, student: startOf(before, conversion.split.training) };
  let refusal: unknown;
  for (const candidate of ranked) {
    const student = startOf(candidate, conversion.split.training);
    try {
      // Compiled now, not after minutes of training: it may need more than any plan has.
      const model = await storeStudent(fileOfStudent(student, conversion.store), conversion.store);
      await quantisedScores(model, conversion.store, conversion.compared.values.subarray(0, conversion.width));
      await keep(conversion, { chosen: candidate.name, networks: [await keepNetwork(conversion, 0, student, model)] });
      return { candidate, student };
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

async function trainStudent(conversion: Conversion, student: Student, counter: Counter): Promise<void> {
  const { store, split, objective, recipe, dependencies, job } = conversion;
  const { blobs } = store;
  for (const { epoch, model } of conversion.state.networks) {
    if (epoch > 0 && model !== undefined) dependencies.onCheckpoint?.({ stage: 'checkpoint', epoch, model });
  }
  const { checkpoint } = conversion.state;
  const resume =
    checkpoint === undefined ? undefined : decodeCheckpoint(await blobs.get(checkpoint), `conversion ${job.run}`);
  const epochs = distil(student, split.training, objective, recipe, {
    resume,
    signal: dependencies.signal,
    onStep: ({ done, loss }) => counter.training(done, `loss ${loss.toFixed(3)}`),
  });
  for await (const { epoch, student: trained, checkpoint: reached } of epochs) {
    // A model takes longer to store than a small network to train: only where it is evaluated is each epoch one.
    const model = job.evaluate === undefined ? undefined : await storeStudent(fileOfStudent(trained, store), store);
    const entry = await keepNetwork(conversion, epoch, trained, model);
    const { digest } = await blobs.put(encodeCheckpoint(reached));
    await keep(conversion, { checkpoint: digest, networks: [...conversion.state.networks, entry] });
    if (model !== undefined) dependencies.onCheckpoint?.({ stage: 'checkpoint', epoch, model });
  }
}

/** Networks that are best in real numbers, of which integer weights decide. */
const FINALISTS = 2;

/** Best first, as far as the examples that epochs are compared on can tell. */
function rankedNetworks<T extends Standing>({ reading, compared }: Conversion, networks: readonly T[]): T[] {
  const largest = Math.max(...networks.map(({ figure }) => figure));
  return ranked(networks, reading.task.kind === 'regression' ? 0 : standardError(largest, compared.count));
}

async function chooseNetwork(conversion: Conversion): Promise<Standing & { readonly model: string }> {
  const { store, state } = conversion;
  const finalists: (Standing & { readonly model: string })[] = [];
  for (const { epoch, file, model: stored } of rankedNetworks(conversion, state.networks).slice(0, FINALISTS)) {
    const model = stored ?? (await storeStudent(await store.blobs.get(file), store));
    finalists.push({ epoch, model, ...(await compare(conversion, model)) });
  }
  return elementAt(rankedNetworks(conversion, finalists), 0);
}

function replacedBy({ graph, squares, kind }: Candidate, { teacher }: Original): Replacement[] {
  const left = teacher.leftOut.map((entry): Replacement => ({ ...entry, by: 'nothing' }));
  if (kind === 'zoo') return [{ node: 'all nodes', operator: 'network', by: 'a network of the zoo' }];
  return [...replacementsOf(graph, squares), ...left];
}

async function report(
  conversion: Conversion,
  candidate: Candidate,
  best: Standing & { readonly model: string },
): Promise<string> {
  const { store, split, reading, state, job, recipe, backend, seconds } = conversion;
  const { original, data, blobs } = store;
  const longest = Math.max(0, ...state.tried.map(({ steps }) => steps));
  const tried = state.tried
    .filter(({ steps }) => steps === longest)
    .sort((a, b) => a.validationLoss - b.validationLoss);
  const bytes = conversionReportToBytes({
    format: 'ciphernet-conversion',
    version: 1,
    model: best.model,
    name: job.name,
    convertedFrom: { name: job.original[0]?.name ?? '', file: original.digest },
    data: {
      name: data.name,
      training: split.training.count,
      validation: split.validation.count,
      test: split.test.count,
      isHeldOut: split.isHeldOut,
    },
    replaced: replacedBy(candidate, original),
    tried: tried.map(({ name, validationLoss }) => ({ name, validationLoss })),
    training: {
      epochs: recipe.epochs,
      epoch: best.epoch,
      seed: job.seed,
      backend: backend.name,
      runtime: original.runtime(),
      seconds: seconds(),
    },
    figures: figuresOf(reading, await quantisedScores(best.model, store, split.test.values), split.test),
  });
  return (await blobs.put(bytes)).digest;
}

/**
 * Runs one conversion job: tries where two squares go, trains the network to give what the original gives, and takes the epoch
 * that is best on validation data with integer weights. A job that was killed goes on from its last trial or epoch and ends
 * with the same weights.
 *
 * @throws UnsupportedError for a network that cannot be converted, or that no plan fits; InputError for data that is not the
 * network's
 */
export async function convert(job: ConvertJob, dependencies: ConvertDependencies): Promise<ConvertedResult> {
  const conversion = await prepareConversion(job, dependencies);
  const { graph, recipe, backend } = conversion;
  const candidates = job.squares === undefined ? candidatesOf(graph, job.seed) : [chosenCandidate(graph, job.squares)];
  const counter = stepCounter(conversion, stepsOfTrials(candidates));
  const { candidate, student } = await start(conversion, await rank(conversion, candidates, counter));
  await trainStudent(conversion, student, counter);
  const best = await chooseNetwork(conversion);
  const { model, epoch } = best;
  return {
    model,
    report: await report(conversion, candidate, best),
    epoch,
    epochs: recipe.epochs,
    seconds: conversion.seconds(),
    backend: backend.name,
  };
}
