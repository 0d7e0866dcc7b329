import { Command, digestArgument, integerBetween } from '@ciphernet/command-line';
import { readPolicy } from '@ciphernet/disclosure';
import { InputError } from '@ciphernet/foundation';
import {
  type OwnerConfiguration,
  type Terms,
  allow,
  findConsent,
  loadOwnerConfiguration,
  readDatasetRecord,
  readDatasetRecords,
  signOldConsent,
  spentEvaluations,
} from '@ciphernet/owner-records';
import { auditsArgument, epsilonArgument, metricsArgument, slicesArgument } from '../consent-arguments.js';
import { consentToText } from '../consent-text.js';

interface AllowOptions {
  readonly dataset?: string;
  readonly model?: string[];
  readonly modelOwner?: string[];
  readonly metrics?: Terms['metrics'];
  readonly slices?: Terms['slices'];
  readonly evaluations?: number;
  readonly epsilon?: number;
  readonly audits?: Terms['audits'];
  readonly sign: boolean;
}

/** What the options allow or change; undefined where they name nothing. */
function changesOf(options: AllowOptions): Partial<Terms> | undefined {
  const { model: models, modelOwner: modelOwners, metrics, slices, evaluations, epsilon, audits } = options;
  const given = Object.entries({ evaluations, epsilon }).filter(([, value]) => value !== undefined);
  const changes = {
    ...(models === undefined ? {} : { models }),
    ...(modelOwners === undefined ? {} : { modelOwners }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(slices === undefined ? {} : { slices }),
    ...(audits === undefined ? {} : { audits }),
    ...(given.length === 0 ? {} : { budget: Object.fromEntries(given) }),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

/** The dataset that is named; all that the owner has, where a model's owner is trusted and none is named. */
async function datasetsOf(options: AllowOptions, { recordsFolder }: OwnerConfiguration): Promise<string[]> {
  const { dataset, modelOwner } = options;
  if (dataset !== undefined) {
    // A consent for nothing would be signed for a digest that was copied wrongly.
    await readDatasetRecord(recordsFolder, dataset);
    return [dataset];
  }
  if (modelOwner === undefined) {
    throw new InputError('no dataset is named', {
      where: '--dataset',
      hint: 'name one; only --model-owner may be for all datasets that you have',
    });
  }
  const { model, metrics, slices, evaluations, epsilon, audits } = options;
  const others = Object.entries({ model, metrics, slices, evaluations, epsilon, audits });
  const [other] = others.find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined) {
    throw new InputError('only a model’s owner is allowed on all datasets at once', {
      where: `--${other}`,
      hint: 'name the dataset that it is for with --dataset',
    });
  }
  const records = await readDatasetRecords(recordsFolder);
  if (records.length > 0) return records.map(({ manifest }) => manifest);
  throw new InputError('there is no dataset', { where: recordsFolder, hint: 'ciphernet dataset encrypt …' });
}

/** However many models an owner has: without a bound of its own, a consent to all of them gets the policy's. */
async function boundedBudget(
  owner: OwnerConfiguration,
  dataset: string,
  changes: Partial<Terms>,
): Promise<Partial<Terms>> {
  const bound = changes.budget?.evaluations ?? (await findConsent(owner, dataset))?.budget.evaluations;
  if (changes.modelOwners === undefined || bound !== undefined) return changes;
  const { evaluationsPerDataset: evaluations } = await readPolicy(owner.policyFile);
  return { ...changes, budget: { ...changes.budget, evaluations } };
}

async function allowModels(options: AllowOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  for (const dataset of await datasetsOf(options, owner)) {
    if (options.sign) await signOldConsent(owner, dataset);
    const changes = changesOf(options);
    if (changes !== undefined) await allow(owner, dataset, await boundedBudget(owner, dataset, changes));
    const consent = await findConsent(owner, dataset);
    if (consent === undefined) {
      throw new InputError('nothing is allowed on this dataset', {
        where: `dataset ${dataset.slice(0, 12)}`,
        hint: `ciphernet allow --dataset ${dataset} --model …`,
      });
    }
    const spent = await spentEvaluations(owner, dataset);
    process.stdout.write(`${consentToText(consent, spent.size)}\n`);
  }
}

const EXAMPLES = `
Examples:
  ciphernet requests
  ciphernet allow --dataset 3f2a… --model 91bc…
  ciphernet allow --dataset 3f2a… --model-owner 77d0… --audits model-owner
  ciphernet allow --model-owner 77d0…                # on every dataset that you have now
  ciphernet allow --dataset 3f2a… --metrics accuracy --evaluations 20 --epsilon 5
  ciphernet allow --dataset 3f2a… --slices 0,3,7     # a published confusion matrix has these rows only
  ciphernet allow --dataset 3f2a… --audits 2         # two of the policy's auditors must have signed every shard
  ciphernet allow --dataset 3f2a…                    # shows what is allowed
  ciphernet allow --dataset 3f2a… --sign             # after an upgrade

Models and their owners are added to what was allowed. A model's owner is named by the fingerprint that 'model sign' prints; without
another budget, as many evaluations of their models are decrypted as the policy lets be published about a dataset. The other options change the terms of the whole dataset, and stay until they are
changed: at first accuracy and confusion of every class, no bound on evaluations, the policy's ε, no audit wanted.`;

/** `allow`. */
export function allowCommand(): Command {
  return new Command('allow')
    .description(
      'let models be evaluated on a dataset of yours; what is not allowed is never decrypted. Shows what is allowed',
    )
    .option('--dataset <digest>', 'encrypted dataset', digestArgument)
    .option('--model <digests...>', 'models', (text, before?: string[]) => [...(before ?? []), digestArgument(text)])
    .option(
      '--model-owner <fingerprints...>',
      'owners of models whom you trust: every model that they have signed',
      (text, before?: string[]) => [...(before ?? []), digestArgument(text)],
    )
    .option('--metrics <list>', 'figures that may be published: accuracy, confusion, or none', metricsArgument)
    .option('--slices <classes>', 'classes that they may be about one by one, or all', slicesArgument)
    .option('--evaluations <n>', 'evaluations that are decrypted, in all', integerBetween(1, 1_000_000))
    .option('--epsilon <ε>', 'of everything published about the dataset', epsilonArgument)
    .option(
      '--audits <who>',
      'who must have signed every shard: none, model-owner, or so many independent auditors',
      auditsArgument,
    )
    .option('--sign', 'sign a consent of an earlier version, which had no signature', false)
    .addHelpText('after', EXAMPLES)
    .action(allowModels);
}
