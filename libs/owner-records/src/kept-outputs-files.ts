import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, asError, writeWhole } from '@ciphernet/foundation';
import {
  type KeptOutputs,
  MOST_HEADER_BYTES,
  type OutputsHeader,
  openOutputs,
  outputsHeaderOf,
} from './kept-outputs.js';
import { outcomeFolder } from './outcome.js';

const OUTPUTS_FILE = 'outputs.bin';

const pathOf = (reportsFolder: string, evaluation: string): string =>
  join(outcomeFolder(reportsFolder, evaluation), OUTPUTS_FILE);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Writes sealed outputs beside an evaluation's report, readable by their owner only. @param sealed by `sealOutputs` */
export async function writeKeptOutputs(folder: string, sealed: Uint8Array): Promise<void> {
  await writeWhole(join(folder, OUTPUTS_FILE), sealed, { mode: 0o600, folderMode: 0o700 });
}

/** The header of an open file: what it says is checked against its length before anything more is read. */
async function readHeader(
  file: FileHandle,
  evaluation: string,
  path: string,
): Promise<{ readonly header: OutputsHeader; readonly bytes: number }> {
  const { size: bytes, mode } = await file.stat();
  if ((mode & 0o077) !== 0) {
    throw new InputError('kept outputs can be read by others', { where: path, hint: `chmod 600 ${path}` });
  }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_HEADER_BYTES), 0, MOST_HEADER_BYTES, 0);
  const header = outputsHeaderOf(buffer.subarray(0, bytesRead), bytes, path);
  if (header.evaluation !== evaluation) {
    throw new InputError(`outputs of ${header.evaluation}`, {
      where: path,
      hint: 'the file was moved here from another evaluation: move it back, or delete it',
    });
  }
  return { header, bytes };
}

/**
 * Reads the outputs that were kept of an evaluation.
 *
 * @throws InputError where none are, they are of another evaluation, readable by others, cut off or changed, or the
 *   passphrase is missing or wrong
 */
export async function readKeptOutputs(
  reportsFolder: string,
  evaluation: string,
  passphrase: string | undefined,
): Promise<KeptOutputs> {
  const path = pathOf(reportsFolder, evaluation);
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (isMissing(error)) throw notKept(evaluation);
    throw error;
  }
  try {
    await readHeader(file, evaluation, path);
    return await openOutputs(await file.readFile(), passphrase, path);
  } finally {
    await file.close();
  }
}

function notKept(evaluation: string): InputError {
  return new InputError('no outputs are kept', {
    where: evaluation,
    hint: 'the collector keeps those of evaluations after keepOutputs is true in policy.json; evaluate again',
  });
}

/** Outputs that are kept, or why a file of them cannot be read. */
export type KeptListing =
  | { readonly evaluation: string; readonly header: OutputsHeader; readonly bytes: number }
  | { readonly evaluation: string; readonly error: Error };

/** What is kept, by evaluation; needs no passphrase, and believes what each file says of itself. */
export async function listKeptOutputs(reportsFolder: string): Promise<readonly KeptListing[]> {
  const listings: KeptListing[] = [];
  for (const evaluation of (await readdir(reportsFolder).catch(() => [])).sort()) {
    const path = pathOf(reportsFolder, evaluation);
    try {
      await using file = await open(path);
      listings.push({ evaluation, ...(await readHeader(file, evaluation, path)) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A file beside the folders, or an evaluation of which nothing is kept.
      if (code !== 'ENOENT' && code !== 'ENOTDIR') listings.push({ evaluation, error: asError(error) });
    }
  }
  return listings;
}

/** Deletes the outputs of an evaluation; its report stays. @throws InputError where none are kept */
export async function deleteKeptOutputs(reportsFolder: string, evaluation: string): Promise<void> {
  try {
    await rm(pathOf(reportsFolder, evaluation));
  } catch (error) {
    if (isMissing(error)) throw notKept(evaluation);
    throw error;
  }
}
