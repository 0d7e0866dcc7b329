import { stat } from 'node:fs/promises';
import { InputError } from '@ciphernet/foundation';
import { type ByteSource, fileSource, headOf } from './byte-source.js';
import { findDelimiter } from './csv/delimiter.js';
import { inflatedChunks, isGzip, textChunks } from './csv/text-source.js';
import { isNpy } from './numpy/header.js';
import { readZipDirectory } from './numpy/zip-directory.js';

/** What a file or folder is. Text is `csv` or `tsv` by its first line, also gzipped, and `idx` may be gzipped too. */
export type FileFormat =
  'csv' | 'tsv' | 'parquet' | 'npy' | 'npz' | 'png' | 'jpeg' | 'idx' | 'hdf5' | 'onnx' | 'json' | 'zip' | 'folder';

/** Bytes by which formats are told apart. */
const HEAD = 4096;
const MAGICS: readonly (readonly [FileFormat, readonly number[]])[] = [
  ['parquet', [0x50, 0x41, 0x52, 0x31]],
  ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['hdf5', [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]],
];

/**
 * Says what a file is by its content; the name decides only between an ONNX model, which has no magic number, and nothing.
 *
 * @throws InputError when it cannot be read, is empty, or is nothing that is known
 */
export async function detectFormat(path: string): Promise<FileFormat> {
  try {
    if ((await stat(path)).isDirectory()) return 'folder';
  } catch (cause) {
    throw new InputError('cannot read the file', { where: path, hint: 'check the path and its permissions', cause });
  }
  const source = await fileSource(path);
  try {
    return await formatOf(source);
  } finally {
    await source.close();
  }
}

/** The same of an open source, which is never a folder. */
export async function formatOf(source: ByteSource): Promise<FileFormat> {
  const { where } = source;
  if (source.size === 0) throw new InputError('the file is empty', { where, hint: 'write or fetch it again' });
  const raw = await headOf(source, HEAD);
  if (isNpy(raw)) return 'npy';
  const known = MAGICS.find(([, magic]) => magic.every((byte, i) => raw[i] === byte));
  if (known !== undefined) return known[0];
  if (raw[0] === 0x50 && raw[1] === 0x4b && (raw[2] === 3 || raw[2] === 5)) return zipFormat(source);
  const head = isGzip(raw) ? await firstBytes(source) : raw;
  if (isIdx(head)) return 'idx';
  if (where.toLowerCase().endsWith('.onnx')) return 'onnx';
  try {
    const bytes = await firstBytes(source, (chunks) => textChunks(chunks, where));
    const text = new TextDecoder().decode(bytes).replace(/^\s+/, '');
    if (text.startsWith('{')) return 'json';
    return findDelimiter(text, true) === '\t' ? 'tsv' : 'csv';
  } catch (cause) {
    if (isGzip(raw)) throw cause;
    throw new InputError('the file is of no known format, and no text in UTF-8 either', {
      where,
      hint: 'CSV, Parquet, npy, npz, IDX, PNG and JPEG are read; save a table as CSV in UTF-8',
      cause,
    });
  }
}

/** IDX: two zero bytes, one of six types, the number of dimensions, which the MNIST family has 1 to 4 of. */
function isIdx(head: Uint8Array): boolean {
  const isType = [8, 9, 0xb, 0xc, 0xd, 0xe].includes(head[2] ?? 0);
  return head[0] === 0 && head[1] === 0 && isType && head[3]! >= 1 && head[3]! <= 4;
}

async function zipFormat(source: ByteSource): Promise<FileFormat> {
  const members = await readZipDirectory(source);
  return members.length > 0 && members.every(({ name }) => name.endsWith('.npy')) ? 'npz' : 'zip';
}

async function firstBytes(
  source: ByteSource,
  through: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (chunks) => chunks,
): Promise<Uint8Array> {
  for await (const chunk of through(inflatedChunks(source))) return chunk.subarray(0, HEAD);
  return new Uint8Array(0);
}
