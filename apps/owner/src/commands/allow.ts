import { manifestFromBytes } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { Command, digestArgument } from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import {
  type Consent,
  allow,
  findConsent,
  isAllowed,
  loadOwnerConfiguration,
  readRequests,
  signOldConsent,
} from '@ciphernet/owner-records';

interface AllowOptions {
  readonly dataset: string;
  readonly model?: string[];
  readonly sign: boolean;
}

/** What a consent says, a line each. */
function consentToText({ dataset, models, runs }: Consent): string {
  return [
    `dataset    ${dataset}`,
    ...models.map((model) => `model      ${model}`),
    ...runs.map((run) => `run        ${run}`),
  ].join('\n');
}

async function allowModels({ dataset, model, sign }: AllowOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  if (sign) await signOldConsent(owner, dataset);
  if (model !== undefined) await allow(owner, dataset, { models: model });
  const consent = await findConsent(owner, dataset);
  if (consent === undefined) {
    throw new InputError('nothing is allowed on this dataset', {
      where: `dataset ${dataset.slice(0, 12)}`,
      hint: `ciphernet allow --dataset ${dataset} --model …`,
    });
  }
  process.stdout.write(`${consentToText(consent)}\nsigned by  ${identityFingerprint(consent.owner)}\n`);
}

/** `allow`. */
export function allowCommand(): Command {
  return new Command('allow')
    .description(
      'let models be evaluated on a dataset of yours; what is not allowed is never decrypted. Shows what is allowed',
    )
    .requiredOption('--dataset <digest>', 'encrypted dataset', digestArgument)
    .option('--model <digests...>', 'models', (text, before?: string[]) => [...(before ?? []), digestArgument(text)])
    .option('--sign', 'sign a consent of an earlier version, which had no signature', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet requests\n  ciphernet allow --dataset 3f2a… --model 91bc…\n  ciphernet allow --dataset 3f2a…                    # what is allowed\n  ciphernet allow --dataset 3f2a… --sign',
    )
    .action(allowModels);
}

async function requests(options: { json: boolean }): Promise<void> {
  const owner = loadOwnerConfiguration();
  const all = await readRequests(owner.requestsFolder);
  const waiting: ((typeof all)[number] & { readonly images?: number; readonly name?: string })[] = [];
  const blobs = await openBlobStore(owner);
  for (const request of all) {
    const consent = await findConsent(owner, request.dataset);
    if (isAllowed(consent, request.model, undefined)) continue;
    // A request may name a dataset that is none: then there is nothing to say of it.
    const manifest = await blobs
      .get(request.dataset)
      .then((bytes) => manifestFromBytes(bytes, 'dataset'))
      .catch((error: unknown) => {
        if (error instanceof InputError || (error as Error).name === 'IntegrityError') return undefined;
        throw error;
      });
    waiting.push(manifest === undefined ? request : { ...request, images: manifest.images, name: manifest.name });
  }
  if (options.json) return void process.stdout.write(`${JSON.stringify(waiting)}\n`);
  for (const { evaluation, requestedAt, model, name, images } of waiting) {
    const what = name === undefined ? 'a dataset that is not in the store' : `${name}, ${images ?? 0} slots`;
    process.stdout.write(`${requestedAt.slice(0, 19)}  ${evaluation.padEnd(20)} model ${model} on ${what}\n`);
  }
  process.stdout.write(
    waiting.length === 0
      ? 'no requests\n'
      : '\nAllowed, each is decrypted for you alone; nothing leaves before you publish it. Enqueue it again after `allow`.\n',
  );
}

/** `requests`. */
export function requestsCommand(): Command {
  return new Command('requests')
    .description('what was asked of your datasets without your consent')
    .option('--json', 'print a JSON array', false)
    .addHelpText('after', '\nExamples:\n  ciphernet requests\n  ciphernet requests --json')
    .action(requests);
}
