import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  InputError,
  IntegrityError,
  digestSchema,
  hashing,
  parseJson,
  parseOrThrow,
  readPlain,
  sha256Hex,
  writeInTurn,
} from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * Batches that are handed over as files: encrypted examples on their way to who evaluates them, encrypted outputs on their way back.
 * `batches.json` says what they are of and lists the files, in the order of the examples.
 */
const LIST = 'batches.json';
/** Bounds what a hostile list can ask for: 100,000 entries of some 150 bytes. */
const MOST_LIST_BYTES = 2 ** 24;

/** Examples of a batch: slots of the largest ring. */
const MOST_EXAMPLES = 2 ** 16;

const entrySchema = z
  .strictObject({
    file: z.string().regex(/^batch-\d{5}\.bin$/),
    bytes: z.number().int().positive(),
    sha256: digestSchema,
    /** Examples in it. */
    examples: z.number().int().positive().max(MOST_EXAMPLES),
  })
  .readonly();

const listSchema = z
  .strictObject({
    format: z.literal('ciphernet-batches'),
    version: z.literal(1),
    /** Encrypted examples, or the encrypted outputs of a model. */
    kind: z.enum(['examples', 'outputs']),
    /** Digest of the compiled circuit that they are made for, or by. */
    circuit: digestSchema,
    parametersDigest: digestSchema,
    keyFingerprint: digestSchema,
    examples: z.number().int().positive(),
    batches: z.array(entrySchema).min(1).max(100_000).readonly(),
  })
  .refine((list) => list.batches.reduce((sum, { examples }) => sum + examples, 0) === list.examples, {
    path: ['examples'],
    message: 'is not the sum of the batches',
  })
  .readonly();

/** What a folder of batches holds. */
export type BatchList = z.infer<typeof listSchema>;

/** One of its files. */
export type BatchEntry = z.infer<typeof entrySchema>;

/** The file's name of a batch by its place. */
export function batchFileName(index: number): string {
  return `batch-${String(index).padStart(5, '0')}.bin`;
}

/** Writes one batch into a folder and gives its entry. @param chunks its bytes, in order */
export async function writeBatchFile(
  folder: string,
  index: number,
  examples: number,
  chunks: Iterable<Uint8Array>,
): Promise<BatchEntry> {
  const file = batchFileName(index);
  const hashed = hashing(chunks);
  await using handle = await open(join(folder, file), 'wx');
  await writeInTurn(handle, hashed.chunks);
  const { digest: sha256, bytes } = hashed.sum();
  return { file, bytes, sha256, examples };
}

/** Writes the list of a folder's batches, which makes the folder one of them. */
export async function writeBatchList(folder: string, list: Omit<BatchList, 'format' | 'version'>): Promise<void> {
  const json = { format: 'ciphernet-batches', version: 1, ...list };
  await writeFile(join(folder, LIST), `${JSON.stringify(json)}\n`, { flag: 'wx' });
}

/**
 * Reads the list of a folder of batches, and checks that the files are there in their lengths. Their bytes are not read.
 *
 * @param kind what it has to hold
 * @throws InputError for a folder that is none, IntegrityError for a file that is missing or of another length
 */
export async function readBatchList(folder: string, kind: BatchList['kind']): Promise<BatchList> {
  const path = join(folder, LIST);
  const made = kind === 'examples' ? 'ciphernet encrypt' : 'ciphernet infer';
  let text: string;
  try {
    text = (await readPlain(path, { most: MOST_LIST_BYTES })).toString('utf8');
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('no folder of encrypted batches', { where: path, hint: `make one with: ${made}`, cause });
  }
  const list = parseOrThrow(listSchema, parseJson(text, path), path, `make it again with: ${made}`);
  if (list.kind !== kind) {
    throw new InputError(`the folder holds encrypted ${list.kind}, not ${kind}`, {
      where: folder,
      hint: `give what was made with: ${made}`,
    });
  }
  for (const [index, { file, bytes }] of list.batches.entries()) {
    if (file !== batchFileName(index)) throw new IntegrityError('the batches are not in their order', { where: path });
    const size = (await stat(join(folder, file)).catch(() => undefined))?.size;
    if (size === bytes) continue;
    throw new IntegrityError(size === undefined ? 'a file is missing' : `${size} bytes, the list says ${bytes}`, {
      where: join(folder, file),
      hint: 'copy the whole folder again',
    });
  }
  return list;
}

/**
 * Reads one batch of a folder and holds it against the list.
 *
 * @param most bytes that it may have
 * @throws IntegrityError for more or other bytes
 */
export async function readBatchBytes(folder: string, entry: BatchEntry, most: number): Promise<Uint8Array> {
  const where = join(folder, entry.file);
  if (entry.bytes > most) {
    throw new IntegrityError(`${entry.bytes} bytes, at most ${most} are expected`, { where, hint: 'evaluate again' });
  }
  const bytes = await readFile(where);
  const actual = sha256Hex(bytes);
  if (bytes.length === entry.bytes && actual === entry.sha256) return bytes;
  throw new IntegrityError(`the file's sha256 is ${actual}, the list says ${entry.sha256}`, {
    where,
    hint: 'copy the folder again, or make it again',
  });
}
