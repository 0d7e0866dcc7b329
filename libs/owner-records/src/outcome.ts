import { join } from 'node:path';
import { decodeError, encodeError, parseJson, parseOrThrow, readIfThere, writeWhole } from '@ciphernet/foundation';
import { type Report, reportFromJson } from '@ciphernet/report';
import { z } from 'zod';

/**
 * How an evaluation ended, as its owner knows it. Nobody else does: the queue is told the same word in either case, and
 * why a result was refused depends on decrypted values.
 */
export type Outcome =
  | { readonly kind: 'accepted'; readonly report: Report; readonly folder: string }
  | { readonly kind: 'refused'; readonly error: Error; readonly folder: string };

const refusalSchema = z.strictObject({
  format: z.literal('ciphernet-refusal'),
  version: z.literal(1),
  evaluation: z.string(),
  refusedAt: z.iso.datetime(),
  error: z.strictObject({ name: z.string(), message: z.string() }),
});

/** The folder of one evaluation's outcome, readable by its owner only. */
export const outcomeFolder = (reportsFolder: string, evaluation: string): string => join(reportsFolder, evaluation);

/** What was found out about an evaluation; undefined while it is not known. @throws InputError for a damaged file */
export async function readOutcome(reportsFolder: string, evaluation: string): Promise<Outcome | undefined> {
  const folder = outcomeFolder(reportsFolder, evaluation);
  const report = join(folder, 'report.json');
  const accepted = await readIfThere(report);
  if (accepted !== undefined) return { kind: 'accepted', report: reportFromJson(accepted, report), folder };
  const refused = join(folder, 'refused.json');
  const text = await readIfThere(refused);
  if (text === undefined) return undefined;
  const { error } = parseOrThrow(refusalSchema, parseJson(text, refused), refused);
  return { kind: 'refused', error: decodeError(error), folder };
}

/** Records why an evaluation has no report, for its owner. */
export async function writeRefusal(reportsFolder: string, evaluation: string, error: unknown): Promise<void> {
  const refusal = refusalSchema.parse({
    format: 'ciphernet-refusal',
    version: 1,
    evaluation,
    refusedAt: new Date().toISOString(),
    error: encodeError(error),
  });
  await writeWhole(
    join(outcomeFolder(reportsFolder, evaluation), 'refused.json'),
    `${JSON.stringify(refusal, null, 2)}\n`,
    { mode: 0o600, folderMode: 0o700 },
  );
}

/** Keeps the predictions of an evaluation, for its owner. @param csv a line an example */
export async function writePredictions(folder: string, csv: string): Promise<void> {
  await writeWhole(join(folder, 'predictions.csv'), csv, { mode: 0o600, folderMode: 0o700 });
}
