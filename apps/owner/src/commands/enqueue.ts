import {
  DEFAULT_ENGINE,
  type DatasetManifest,
  ENGINE_CHOICES,
  MODEL_OWNERS,
  fetchManifest,
} from '@ciphernet/artifacts';
import {
  Command,
  Option,
  type Session,
  createProgressBoard,
  digestArgument,
  integerBetween,
} from '@ciphernet/command-line';
import { InputError, asError, messageOf } from '@ciphernet/foundation';
import { readPolicy } from '@ciphernet/disclosure';
import { type ImportedModel, assertReads, checkModel, importModels } from '@ciphernet/models';
import { NO_TERMS, allow, findConsent, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { newEvaluationId } from '@ciphernet/queue';
import { reportToText } from '@ciphernet/report';
import { type Accepted, awaitOutcome } from '../await-outcome.js';
import { chooseAuditors } from '../choose-auditors.js';
import { enqueueAsked } from '../enqueue-asked.js';
import { filesText } from '../files-text.js';

interface EnqueueOptions {
  readonly dataset: string;
  readonly model?: string[];
  readonly models?: string;
  readonly calibrate: string;
  readonly engine: string;
  readonly priority?: number;
  readonly compare: boolean;
  readonly audit: boolean;
  readonly auditor?: string[];
  readonly fresh: boolean;
  readonly wait: boolean;
  readonly json: boolean;
}

interface Enqueued extends ImportedModel {
  readonly evaluation: string;
}

async function chooseModels(
  session: Session,
  options: EnqueueOptions,
  manifest: DatasetManifest,
): Promise<ImportedModel[]> {
  const { blobs, configuration } = session;
  if ((options.model === undefined) === (options.models === undefined)) {
    throw new InputError('give models either by digest or as a folder', {
      where: '--model, --models',
      hint: '--model 91bc… 3f2a…, or --models ./checkpoints',
    });
  }
  const { calibrate: dataset } = options;
  if (options.models !== undefined) {
    return importModels(blobs, options.models, {
      dataset,
      transform: manifest.transform,
      folders: configuration.datasetFolders,
    });
  }
  // A digest that is not in the store, or not a model, must be said now, not by a failed job.
  return Promise.all(
    (options.model ?? []).map(async (model) => {
      const { isSealed, record } = await checkModel(blobs, model);
      if (record !== undefined) assertReads(record, manifest);
      if (isSealed && options.compare) {
        throw new InputError('the model is sealed: there is nothing that the result could be compared with', {
          where: `model ${model.slice(0, 12)}`,
          hint: 'enqueue it with --no-compare; audits and twins check it all the same',
        });
      }
      return { name: model.slice(0, 12), model };
    }),
  );
}

/** Waits for every evaluation; one that fails doesn't keep the others from being shown. */
async function waitForAll(
  session: Session,
  options: EnqueueOptions,
  enqueued: readonly Enqueued[],
  manifest: DatasetManifest,
): Promise<void> {
  const { backend, signal } = session;
  const { reportsFolder } = loadOwnerConfiguration();
  const board = createProgressBoard();
  const progress = board.start('infer', 'images');
  const results: (Enqueued & { accepted?: Accepted; failure?: unknown })[] = [];
  try {
    const total = manifest.images * enqueued.length;
    for (const [index, entry] of enqueued.entries()) {
      const shards = manifest.shards.length;
      try {
        const tools = { backend, reportsFolder, signal };
        const accepted = await awaitOutcome(entry.evaluation, shards, tools, (fraction) =>
          progress.update((index + fraction) * manifest.images, total),
        );
        results.push({ ...entry, accepted });
      } catch (failure) {
        signal.throwIfAborted();
        results.push({ ...entry, failure });
      }
    }
    progress.finish(`${total} images`);
  } finally {
    board.stop();
  }
  const [only] = results;
  if (results.length === 1 && only?.failure !== undefined) throw asError(only.failure);
  for (const { name, model, evaluation, accepted, failure } of results) {
    if (accepted === undefined) {
      process.exitCode = 1;
      const error = messageOf(failure);
      if (options.json) process.stdout.write(`${JSON.stringify({ evaluation, name, error })}\n`);
      else process.stderr.write(`${name}, ${evaluation}: ${error}\n`);
    } else {
      const { report, folder } = accepted;
      const { images } = report;
      const summary = { evaluation, model, images, accuracy: report.accuracy.encrypted, folder };
      process.stdout.write(
        options.json ? `${JSON.stringify(summary)}\n` : `\n${reportToText(report)}\n\n${filesText(folder)}`,
      );
    }
  }
}

/** How the command gets its queue, and workers where there are none: an owner's own entry has neither. */
export interface EnqueueRoles {
  open(): Promise<Session>;
  /** Called before anything is enqueued. @returns whether the evaluations run in this process, and must be awaited */
  start(session: Session): Promise<boolean>;
  /** Fingerprints of auditors that are believed besides those of the policy: this process's own. */
  auditors?(session: Session): Promise<readonly string[]>;
}

async function enqueue(roles: EnqueueRoles, options: EnqueueOptions): Promise<void> {
  await using session = await roles.open();
  const { backend, blobs } = session;
  const manifest = await fetchManifest(blobs, options.dataset);
  const models = await chooseModels(session, options, manifest);
  const owner = loadOwnerConfiguration();
  const consent = (await findConsent(owner, options.dataset)) ?? { dataset: options.dataset, ...NO_TERMS };
  const believed = [...(await readPolicy(owner.policyFile)).auditors, ...((await roles.auditors?.(session)) ?? [])];
  const wish = { audit: options.audit, named: options.auditor };
  const auditors = new Map<string, readonly string[]>();
  for (const { model } of models) {
    const owners = await MODEL_OWNERS.among(blobs, model, [...believed, ...consent.modelOwners]);
    auditors.set(model, chooseAuditors(consent, wish, { believed, owners }));
  }
  // The owner's own request is the consent, once it can be met.
  await allow(owner, options.dataset, { models: models.map(({ model }) => model) });
  const isInside = await roles.start(session);
  const enqueued: Enqueued[] = [];
  for (const entry of models) {
    const evaluation = newEvaluationId();
    await enqueueAsked(owner, backend, evaluation, {
      manifest: options.dataset,
      shards: manifest.shards.length,
      model: entry.model,
      engine: options.engine,
      compare: options.compare,
      audit: options.audit,
      auditors: auditors.get(entry.model) ?? [],
      fresh: options.fresh,
      ...(options.priority === undefined ? {} : { priority: options.priority }),
    });
    enqueued.push({ ...entry, evaluation });
  }
  if (options.wait || isInside) {
    // Awaited here: returning the promise would close the session first.
    await waitForAll(session, options, enqueued, manifest);
    return;
  }
  for (const entry of enqueued) {
    process.stdout.write(
      options.json ? `${JSON.stringify(entry)}\n` : `evaluation  ${entry.evaluation}  ${entry.name}\n`,
    );
  }
}

/** `enqueue`. */
export function enqueueCommand(roles: EnqueueRoles): Command {
  return new Command('enqueue')
    .description('enqueue the evaluation of models on an encrypted dataset')
    .requiredOption('--dataset <digest>', 'encrypted dataset, as printed by dataset encrypt', digestArgument)
    .option('--model <digests...>', 'models, as printed by model train or model import', (text, before?: string[]) => [
      ...(before ?? []),
      digestArgument(text),
    ])
    .option('--models <folder>', 'a tfjs model, or a folder of them: each is imported and evaluated')
    .addOption(
      new Option('--calibrate <dataset>', 'public data that imported models are calibrated on')
        .choices(['mnist', 'fashion-mnist'])
        .default('mnist'),
    )
    .addOption(new Option('--engine <name>').choices([...ENGINE_CHOICES]).default(DEFAULT_ENGINE))
    .option('--priority <n>', '1 is the most urgent', integerBetween(1, 2_000_000))
    .option('--no-compare', 'the owner may not hold the model: report the encrypted accuracy only')
    .option('--no-audit', 'do not have results spot-checked')
    .option(
      '--auditor <fingerprints...>',
      'who is to audit; otherwise anybody, or as many of the policy’s auditors as the consent wants',
      (text, before?: string[]) => [...(before ?? []), digestArgument(text)],
    )
    .option('--fresh', 'evaluate again what is in the store', false)
    .option('--no-wait', 'return at once (Redis only)')
    .option('--json', 'print a JSON object an evaluation', false)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run enqueue-eval -- --dataset 3f2a… --model 91bc… 77d0…\n  npm run enqueue-eval -- --dataset 3f2a… --models ./checkpoints --priority 1\n  npm run enqueue-eval -- --dataset 3f2a… --model 91bc… --no-compare --no-wait --json',
    )
    .action((options: EnqueueOptions) => enqueue(roles, options));
}
