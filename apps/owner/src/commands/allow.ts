import { Command, digestArgument, integerBetween } from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import {
  type Terms,
  allow,
  findConsent,
  loadOwnerConfiguration,
  signOldConsent,
  spentEvaluations,
} from '@ciphernet/owner-records';
import { auditsArgument, epsilonArgument, metricsArgument, slicesArgument } from '../consent-arguments.js';
import { consentToText } from '../consent-text.js';

interface AllowOptions {
  readonly dataset: string;
  readonly model?: string[];
  readonly metrics?: Terms['metrics'];
  readonly slices?: Terms['slices'];
  readonly evaluations?: number;
  readonly epsilon?: number;
  readonly audits?: Terms['audits'];
  readonly sign: boolean;
}

/** What the options allow or change; undefined where they name nothing. */
function changesOf(options: AllowOptions): Partial<Terms> | undefined {
  const { model: models, metrics, slices, evaluations, epsilon, audits } = options;
  const given = Object.entries({ evaluations, epsilon }).filter(([, value]) => value !== undefined);
  const changes = {
    ...(models === undefined ? {} : { models }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(slices === undefined ? {} : { slices }),
    ...(audits === undefined ? {} : { audits }),
    ...(given.length === 0 ? {} : { budget: Object.fromEntries(given) }),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

async function allowModels(options: AllowOptions): Promise<void> {
  const { dataset, sign } = options;
  const owner = loadOwnerConfiguration();
  if (sign) await signOldConsent(owner, dataset);
  const changes = changesOf(options);
  if (changes !== undefined) await allow(owner, dataset, changes);
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

const EXAMPLES = `
Examples:
  ciphernet requests
  ciphernet allow --dataset 3f2a… --model 91bc…
  ciphernet allow --dataset 3f2a… --metrics accuracy --evaluations 20 --epsilon 5
  ciphernet allow --dataset 3f2a… --slices 0,3,7     # a published confusion matrix has these rows only
  ciphernet allow --dataset 3f2a… --audits 2         # two of the policy's auditors must have signed every shard
  ciphernet allow --dataset 3f2a…                    # shows what is allowed
  ciphernet allow --dataset 3f2a… --sign             # after an upgrade

Models are added to what was allowed. The other options change the terms of the whole dataset, and stay until they are
changed: at first accuracy and confusion of every class, no bound on evaluations, the policy's ε, no audit wanted.`;

/** `allow`. */
export function allowCommand(): Command {
  return new Command('allow')
    .description(
      'let models be evaluated on a dataset of yours; what is not allowed is never decrypted. Shows what is allowed',
    )
    .requiredOption('--dataset <digest>', 'encrypted dataset', digestArgument)
    .option('--model <digests...>', 'models', (text, before?: string[]) => [...(before ?? []), digestArgument(text)])
    .option('--metrics <list>', 'figures that may be published: accuracy, confusion, or none', metricsArgument)
    .option('--slices <classes>', 'classes that they may be about one by one, or all', slicesArgument)
    .option('--evaluations <n>', 'evaluations that are decrypted, in all', integerBetween(1, 1_000_000))
    .option('--epsilon <ε>', 'of everything published about the dataset', epsilonArgument)
    .option('--audits <k>', 'independent auditors who must have signed every shard, or none', auditsArgument)
    .option('--sign', 'sign a consent of an earlier version, which had no signature', false)
    .addHelpText('after', EXAMPLES)
    .action(allowModels);
}
