import { join } from 'node:path';
import { InputError, digestSchema, parseJson, parseOrThrow, readIfThere, writeWhole } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * Workers that an owner has caught, by the keys that they sign with, and how often a dataset was answered with a forgery.
 * For the owner's eyes: a worker that hears that it was caught learns something about decrypted values.
 */
const schema = z
  .strictObject({
    format: z.literal('ciphernet-quarantine'),
    version: z.literal(1),
    workers: z
      .array(
        z
          .strictObject({
            /** Fingerprint of the worker's key. */
            worker: digestSchema,
            evaluation: z.string().max(64),
            since: z.iso.datetime(),
          })
          .readonly(),
      )
      .max(10_000)
      .readonly(),
    /** Forged results since the dataset was last unlocked, by its manifest's digest. */
    forgeries: z.record(digestSchema, z.number().int().positive()).readonly(),
  })
  .readonly();

/** A parsed quarantine. */
export type Quarantine = z.infer<typeof schema>;

const pathIn = (folder: string): string => join(folder, 'quarantine.json');

const write = (folder: string, quarantine: Quarantine): Promise<void> =>
  writeWhole(pathIn(folder), `${JSON.stringify(quarantine, null, 2)}\n`, { mode: 0o600, folderMode: 0o700 });

/** Who is in quarantine; nobody, where nobody was caught. @throws InputError for a damaged file */
export async function readQuarantine(folder: string): Promise<Quarantine> {
  const path = pathIn(folder);
  const text = await readIfThere(path);
  if (text !== undefined) return parseOrThrow(schema, parseJson(text, path), path);
  return { format: 'ciphernet-quarantine', version: 1, workers: [], forgeries: {} };
}

/** Counts a forged result, and puts those who signed it into quarantine. */
export async function recordForgery(
  folder: string,
  found: { readonly dataset: string; readonly evaluation: string; readonly workers: readonly string[] },
): Promise<void> {
  const before = await readQuarantine(folder);
  const known = new Set(before.workers.map(({ worker }) => worker));
  const since = new Date().toISOString();
  const caught = [...new Set(found.workers)].filter((worker) => !known.has(worker));
  await write(folder, {
    ...before,
    workers: [...before.workers, ...caught.map((worker) => ({ worker, evaluation: found.evaluation, since }))],
    forgeries: { ...before.forgeries, [found.dataset]: (before.forgeries[found.dataset] ?? 0) + 1 },
  });
}

/** Takes a worker out again. @throws InputError when it is not in */
export async function releaseWorker(folder: string, worker: string): Promise<void> {
  const before = await readQuarantine(folder);
  const workers = before.workers.filter((entry) => entry.worker !== worker);
  if (workers.length === before.workers.length) {
    throw new InputError('no such worker is in quarantine', { where: worker, hint: 'see: ciphernet quarantine' });
  }
  await write(folder, { ...before, workers });
}

/** Forgets the forgeries of a dataset. @throws InputError when there are none */
export async function unlockDataset(folder: string, dataset: string): Promise<void> {
  const before = await readQuarantine(folder);
  if (before.forgeries[dataset] === undefined) {
    throw new InputError('no forged result is counted for this dataset', { where: dataset });
  }
  const forgeries = Object.fromEntries(Object.entries(before.forgeries).filter(([name]) => name !== dataset));
  await write(folder, { ...before, forgeries });
}
