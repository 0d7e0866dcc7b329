import { join } from 'node:path';
import { IntegrityError, digestSchema, parseJson, parseOrThrow, readIfThere, writeWhole } from '@ciphernet/foundation';
import { z } from 'zod';
import { runOf } from './consent.js';
import type { OwnerConfiguration } from './owner-configuration.js';

const schema = z
  .strictObject({
    format: z.literal('ciphernet-asked'),
    version: z.literal(1),
    manifest: digestSchema,
    /** Absent for checkpoints of a run, which have no digest before they are trained. */
    model: digestSchema.optional(),
    compare: z.boolean(),
    audit: z.boolean(),
  })
  .readonly();

/** What the owner asked for under an evaluation's id, or a run's. */
export type Asked = Omit<z.infer<typeof schema>, 'format' | 'version'>;

type Folder = Pick<OwnerConfiguration, 'askedFolder'>;

const pathOf = ({ askedFolder }: Folder, id: string): string => join(askedFolder, `${id}.json`);

/**
 * Keeps what is asked for before it is enqueued: whoever writes to the queue can change a job there, and a report of another model would
 * stand under the evaluation's id.
 *
 * @param id of the evaluation, or of the run whose checkpoints are evaluated
 */
export async function keepAsked(owner: Folder, id: string, asked: Asked): Promise<void> {
  const record = schema.parse({ format: 'ciphernet-asked', version: 1, ...asked });
  await writeWhole(pathOf(owner, id), `${JSON.stringify(record)}\n`, { mode: 0o600, folderMode: 0o700 });
}

async function readAsked(owner: Folder, id: string): Promise<Asked | undefined> {
  const path = pathOf(owner, id);
  const text = await readIfThere(path);
  return text === undefined ? undefined : parseOrThrow(schema, parseJson(text, path), path);
}

/**
 * Holds a job against what the owner asked for under its id; one that nobody here asked for is for the consent to judge.
 *
 * @throws IntegrityError where the job says otherwise
 */
export async function assertAsked(
  owner: Folder,
  job: Required<Asked> & { readonly evaluation: string },
): Promise<void> {
  const { evaluation } = job;
  const run = runOf(evaluation);
  const asked = (await readAsked(owner, evaluation)) ?? (run === undefined ? undefined : await readAsked(owner, run));
  if (asked === undefined) return;
  const names = ['manifest', 'model', 'compare', 'audit'] as const;
  const changed = names.find((name) => asked[name] !== undefined && asked[name] !== job[name]);
  if (changed === undefined) return;
  throw new IntegrityError(`the job in the queue is not what was asked for: its ${changed} is another`, {
    where: evaluation,
    hint: 'somebody who writes to the queue changed it: enqueue again, where only the parties that you know can write',
  });
}
