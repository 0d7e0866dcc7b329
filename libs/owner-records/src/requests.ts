import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestSchema, parseJson, readIfThere, writeWhole } from '@ciphernet/foundation';
import { z } from 'zod';

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

/** Requests that are kept: a flood of them must not fill the owner's disk. */
const MOST_REQUESTS = 1000;

async function readJson(path: string): Promise<unknown> {
  const text = await readIfThere(path);
  return text === undefined ? undefined : parseJson(text, path);
}

/** Keeps a request for the owner to look at; beyond a thousand, no more are kept. @returns whether it was kept */
export async function keepRequest(
  folder: string,
  request: Pick<EvaluationRequestRecord, 'dataset' | 'model' | 'evaluation'>,
): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  if (names.length >= MOST_REQUESTS) return false;
  const record = { format: 'ciphernet-request', version: 1, ...request, requestedAt: new Date().toISOString() };
  const text = `${JSON.stringify(requestSchema.parse(record))}\n`;
  await writeWhole(join(folder, `${request.evaluation}.json`), text, { mode: 0o600, folderMode: 0o700 });
  return true;
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
