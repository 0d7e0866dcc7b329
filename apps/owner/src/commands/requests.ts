import { MODEL_OWNERS, fetchManifest } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { Command } from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import {
  type EvaluationRequestRecord,
  NO_TERMS,
  findConsent,
  isAllowed,
  loadOwnerConfiguration,
  readRequests,
  runOf,
  termsOf,
} from '@ciphernet/owner-records';
import { type ReleaseTerms, termsToText } from '../consent-text.js';

/** A request, and what allowing it would reveal. */
interface Waiting extends EvaluationRequestRecord {
  readonly images?: number;
  readonly name?: string;
  readonly terms: ReleaseTerms;
}

async function requests(options: { json: boolean }): Promise<void> {
  const owner = loadOwnerConfiguration();
  const all = await readRequests(owner.requestsFolder);
  const waiting: Waiting[] = [];
  const blobs = await openBlobStore(owner);
  for (const request of all) {
    const consent = await findConsent(owner, request.dataset);
    const owners = await MODEL_OWNERS.among(blobs, request.model, consent?.modelOwners ?? []);
    if (isAllowed(consent, { model: request.model, run: runOf(request.evaluation), owners })) continue;
    // A request may name a dataset that is none: then there is nothing to say of it.
    const manifest = await fetchManifest(blobs, request.dataset).catch((error: unknown) => {
      if (error instanceof InputError || (error as Error).name === 'IntegrityError') return undefined;
      throw error;
    });
    const terms = consent === undefined ? NO_TERMS : termsOf(consent);
    const { metrics, slices, budget, audits } = terms;
    const named = manifest === undefined ? {} : { images: manifest.images, name: manifest.name };
    waiting.push({ ...request, ...named, terms: { metrics, slices, budget, audits } });
  }
  if (options.json) return void process.stdout.write(`${JSON.stringify(waiting)}\n`);
  const datasets = new Set<string>();
  for (const { evaluation, requestedAt, model, name, images, dataset, terms } of waiting) {
    const what = name === undefined ? 'a dataset that is not in the store' : `${name}, ${images ?? 0} slots`;
    process.stdout.write(`${requestedAt.slice(0, 19)}  ${evaluation.padEnd(20)} model ${model} on ${what}\n`);
    // What allowing it would let out is the dataset's, the same for all that ask for it.
    if (datasets.has(dataset)) continue;
    datasets.add(dataset);
    process.stdout.write(`${termsToText(terms).replace(/^/gm, '  ')}\n`);
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
