import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, digestSchema, parseJson, parseOrThrow, readIfThere, writeWhole } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * What an owner lets be evaluated on one encrypted dataset. The collector takes nothing of it from the queue: whoever
 * reaches the queue can ask, and what is asked for without consent is not decrypted.
 */
const consentSchema = z
  .strictObject({
    format: z.literal('ciphernet-consent'),
    version: z.literal(1),
    /** Digest of the dataset's manifest. */
    dataset: digestSchema,
    /** Digests of models. */
    models: z.array(digestSchema).max(10_000).readonly(),
    /** Training runs whose checkpoints may be evaluated: their ids, which the owner gave them. */
    runs: z
      .array(z.string().regex(/^[a-z][a-z0-9-]{2,63}$/))
      .max(1000)
      .readonly(),
  })
  .readonly();

/** A parsed consent. */
export type Consent = z.infer<typeof consentSchema>;

/** A request that came without consent. */
const requestSchema = z
  .strictObject({
    format: z.literal('ciphernet-request'),
    version: z.literal(1),
    dataset: digestSchema,
    model: digestSchema,
    evaluation: z.string(),
    requestedAt: z.iso.datetime(),
  })
  .readonly();

/** A parsed request. */
export type EvaluationRequestRecord = z.infer<typeof requestSchema>;

const FILE = { mode: 0o600, folderMode: 0o700 } as const;
/** Requests that are kept: a flood of them must not fill the owner's disk. */
const MOST_REQUESTS = 1000;

const consentPath = (folder: string, dataset: string): string => join(folder, `${dataset}.consent.json`);

async function readJson(path: string): Promise<unknown> {
  const text = await readIfThere(path);
  return text === undefined ? undefined : parseJson(text, path);
}

/** What is allowed on a dataset; nothing, where the owner has allowed nothing. @throws InputError for a damaged file */
export async function readConsent(folder: string, dataset: string): Promise<Consent> {
  const path = consentPath(folder, dataset);
  const json = await readJson(path);
  if (json !== undefined) return parseOrThrow(consentSchema, json, path);
  return { format: 'ciphernet-consent', version: 1, dataset, models: [], runs: [] };
}

/** Allows more on a dataset. What was allowed stays so. */
export async function allow(
  folder: string,
  dataset: string,
  more: { readonly models?: readonly string[]; readonly runs?: readonly string[] },
): Promise<Consent> {
  const before = await readConsent(folder, dataset);
  const consent = parseOrThrow(
    consentSchema,
    {
      ...before,
      models: [...new Set([...before.models, ...(more.models ?? [])])],
      runs: [...new Set([...before.runs, ...(more.runs ?? [])])],
    },
    'consent',
  );
  await writeWhole(consentPath(folder, dataset), `${JSON.stringify(consent, null, 2)}\n`, FILE);
  return consent;
}

/** @param run the training run whose checkpoint is evaluated, where it is one */
export function isAllowed(consent: Consent, model: string, run: string | undefined): boolean {
  return consent.models.includes(model) || (run !== undefined && consent.runs.includes(run));
}

/** @throws InputError that says how to allow the evaluation */
export function notAllowed(dataset: string, model: string): InputError {
  return new InputError('the owner has not allowed this model on this dataset', {
    where: `model ${model.slice(0, 12)}, dataset ${dataset.slice(0, 12)}`,
    hint: `ciphernet allow --dataset ${dataset} --model ${model}`,
  });
}

/** Keeps a request for the owner to look at; beyond a thousand, no more are kept. */
export async function keepRequest(
  folder: string,
  request: Pick<EvaluationRequestRecord, 'dataset' | 'model' | 'evaluation'>,
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length >= MOST_REQUESTS) return;
  const record = { format: 'ciphernet-request', version: 1, ...request, requestedAt: new Date().toISOString() };
  const text = `${JSON.stringify(requestSchema.parse(record))}\n`;
  await writeWhole(join(folder, `${request.evaluation}.json`), text, FILE);
}

/** Requests that came without consent, the oldest first. */
export async function readRequests(folder: string): Promise<readonly EvaluationRequestRecord[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => requestSchema.safeParse(await readJson(join(folder, name)).catch(() => undefined))),
  );
  return found
    .flatMap((parsed) => (parsed.success ? [parsed.data] : []))
    .sort((a, b) => a.requestedAt.localeCompare(b.requestedAt));
}
