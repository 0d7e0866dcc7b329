import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, parseJson, parseOrThrow, readIfThere, writeOnce } from '@ciphernet/foundation';
import { statementSchema } from '@ciphernet/publication';
import { z } from 'zod';

const entrySchema = z
  .strictObject({
    format: z.literal('ciphernet-publication'),
    version: z.literal(1),
    statement: statementSchema,
    bits: z.number().nonnegative(),
    epsilon: z.number().positive(),
    /** The signed statement, byte for byte as it leaves; absent in a draft. */
    signed: z.string().optional(),
  })
  .readonly();

/** What was drawn for one evaluation and what it costs: a draft, or, once it is signed, a publication. */
export type LedgerEntry = z.infer<typeof entrySchema>;

const FILE = { mode: 0o600, folderMode: 0o700 } as const;
const draftOf = (folder: string, evaluation: string): string => join(folder, `${evaluation}.draft.json`);
const entryOf = (folder: string, evaluation: string): string => join(folder, `${evaluation}.json`);

async function readEntry(path: string): Promise<LedgerEntry | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  return parseOrThrow(entrySchema, parseJson(text, path), path);
}

/** The draft of an evaluation, if its figures were drawn before. */
export function readDraft(folder: string, evaluation: string): Promise<LedgerEntry | undefined> {
  return readEntry(draftOf(folder, evaluation));
}

/** The publication of an evaluation, if there was one. */
export function readPublication(folder: string, evaluation: string): Promise<LedgerEntry | undefined> {
  return readEntry(entryOf(folder, evaluation));
}

/** Keeps what was drawn; it is never drawn again. @throws InputError when there is a draft already */
export async function writeDraft(folder: string, entry: LedgerEntry): Promise<void> {
  const text = `${JSON.stringify(entrySchema.parse(entry), null, 2)}\n`;
  await writeOnce(draftOf(folder, entry.statement.evaluation), text, FILE);
}

/** Charges a publication, before anything leaves. @throws InputError when the evaluation was published before */
export async function writePublication(
  folder: string,
  entry: LedgerEntry & { readonly signed: string },
): Promise<void> {
  const text = `${JSON.stringify(entrySchema.parse(entry), null, 2)}\n`;
  await writeOnce(entryOf(folder, entry.statement.evaluation), text, FILE);
}

/** Everything that was ever published from here. A damaged file is an error: an account that forgets allows too much. */
export async function readLedger(folder: string): Promise<readonly LedgerEntry[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new InputError('cannot be read', { where: folder, cause: error });
  });
  const entries = await Promise.all(
    names
      .filter((name) => name.endsWith('.json') && !/\.(draft|signed)\.json$/.test(name))
      .sort()
      .map((name) => readEntry(join(folder, name))),
  );
  return entries.filter((entry) => entry !== undefined);
}
