import { manifestFromBytes } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { Command, digestArgument } from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import { allow, loadOwnerConfiguration, readConsent, readRequests } from '@ciphernet/owner-records';

async function allowModels(options: { dataset: string; model: string[] }): Promise<void> {
  const { consentsFolder } = loadOwnerConfiguration();
  const { models } = await allow(consentsFolder, options.dataset, { models: options.model });
  process.stdout.write(
    `allowed  ${models.length} model${models.length === 1 ? '' : 's'} on ${options.dataset.slice(0, 12)}…\n`,
  );
}

/** `allow`. */
export function allowCommand(): Command {
  return new Command('allow')
    .description('let models be evaluated on a dataset of yours; what is not allowed is never decrypted')
    .requiredOption('--dataset <digest>', 'encrypted dataset', digestArgument)
    .requiredOption('--model <digests...>', 'models', (text, before?: string[]) => [
      ...(before ?? []),
      digestArgument(text),
    ])
    .addHelpText('after', '\nExamples:\n  ciphernet requests\n  ciphernet allow --dataset 3f2a… --model 91bc…')
    .action(allowModels);
}

async function requests(options: { json: boolean }): Promise<void> {
  const owner = loadOwnerConfiguration();
  const all = await readRequests(owner.requestsFolder);
  const waiting: ((typeof all)[number] & { readonly images?: number; readonly name?: string })[] = [];
  const blobs = await openBlobStore(owner);
  for (const request of all) {
    const consent = await readConsent(owner.consentsFolder, request.dataset);
    if (consent.models.includes(request.model)) continue;
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
