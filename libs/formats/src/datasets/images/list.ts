import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError, messageOf } from '@ciphernet/foundation';
import { type Root, openRoot, pathInside } from './containment.js';
import { type ImageEntry, MAX_IMAGES } from './image-entry.js';

/** How a list of images is written. */
export interface ImageListOptions {
  /** Heading of the column with paths; `path` unless given. */
  readonly pathColumn?: string | undefined;
  /** Heading of the column with labels; `label` unless given, where that is there. */
  readonly labelColumn?: string | undefined;
  /** Between fields; a comma unless given. */
  readonly delimiter?: string | undefined;
}

const PATH = 'path';

/** Of the list's file: 4 million lines of 64 bytes. */
const MAX_BYTES = 256 * 2 ** 20;
/** Of one line: more than any path that a file system takes. */
const MAX_LINE = 64 * 1024;

/** Which fields of a line are the path and the label. */
interface Columns {
  readonly path: number;
  /** −1 for none. */
  readonly label: number;
}

function columnsOf(header: readonly string[], options: ImageListOptions, where: string): Columns {
  const find = (name: string, required: boolean): number => {
    const index = header.indexOf(name);
    if (index < 0 && !required) return -1;
    if (index >= 0 && !header.includes(name, index + 1)) return index;
    throw new InputError(`${index < 0 ? 'no column' : 'more than one column'} '${name}' in its first line`, {
      where,
      hint: `the first line names the columns; it has ${header.slice(0, 20).join(', ')}`,
    });
  };
  return {
    path: find(options.pathColumn ?? PATH, true),
    label: find(options.labelColumn ?? 'label', options.labelColumn !== undefined),
  };
}

async function entryOf(root: Root, columns: Columns, row: readonly string[], where: string): Promise<ImageEntry> {
  const path = row[columns.path] ?? '';
  if (path === '') throw new InputError('a line without a path', { where, hint: 'name a file in every line' });
  const file = await pathInside(root, path).catch((cause: unknown) => {
    throw new InputError(messageOf(cause), { where, cause });
  });
  if (columns.label < 0) return { path: file };
  const label = row[columns.label] ?? '';
  if (label === '')
    throw new InputError('a line without a label', { where, hint: 'give every image a label, or none' });
  return { path: file, label };
}

/** @throws InputError when the list is not a plain file of a size that is taken */
async function checkFile(path: string): Promise<void> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new InputError('is not a plain file', { where: path });
    if (stats.size > MAX_BYTES) {
      throw new InputError(`has ${stats.size} bytes, at most ${MAX_BYTES} are taken`, { where: path });
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('cannot be read', { where: path, hint: 'check the path and its permissions', cause });
  }
}

const IMAGE_NAME = /\.(?:png|jpe?g)$/i;
/** Bytes that the first two lines have to be in. */
const SNIFFED = 64 * 1024;

/** True for comma-separated values whose first line has a column `path` and whose second names an image there. */
export async function isImageList(csv: string): Promise<boolean> {
  const { parse } = await import('csv-parse/sync');
  const file = await open(csv, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED), 0, SNIFFED, 0);
    const [header = [], first = []]: string[][] = parse(buffer.subarray(0, bytesRead), {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: 2,
    });
    return IMAGE_NAME.test(first[header.indexOf(PATH)] ?? '');
  } catch {
    // Whoever reads it as a table says what is wrong.
    return false;
  } finally {
    await file.close();
  }
}

/**
 * Reads a list of images: comma-separated values (RFC 4180) in UTF-8, whose first line names the columns. Paths are relative to
 * the list's folder, with `/` between folders, and stay inside of it.
 *
 * @returns in the order of the lines
 * @throws InputError naming the line: a missing column or field, a path that leads out or nowhere, damaged CSV
 */
export async function readImageList(csv: string, options: ImageListOptions = {}): Promise<ImageEntry[]> {
  const where = resolve(csv);
  await checkFile(where);
  const root = await openRoot(dirname(where));
  const { parse } = await import('csv-parse');
  const parser = parse({
    bom: true,
    delimiter: options.delimiter ?? ',',
    info: true,
    max_record_size: MAX_LINE,
    skip_empty_lines: true,
  });
  const entries: ImageEntry[] = [];
  let columns: Columns | undefined;
  const stream = createReadStream(where, { end: MAX_BYTES });
  stream.on('error', (error) => parser.destroy(error));
  try {
    const rows = stream.pipe(parser) as AsyncIterable<{ info: { lines: number }; record: string[] }>;
    for await (const { info, record } of rows) {
      if (columns === undefined) columns = columnsOf(record, options, where);
      else entries.push(await entryOf(root, columns, record, `${where}:${info.lines}`));
      if (entries.length > MAX_IMAGES) throw new InputError(`more than ${MAX_IMAGES} images`, { where });
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`cannot be read as comma-separated values: ${messageOf(cause)}`, {
      where,
      hint: 'check quotes and that every line has as many fields as the first',
      cause,
    });
  } finally {
    stream.destroy();
  }
  if (entries.length > 0) return entries;
  throw new InputError('names no images', { where, hint: 'give a line with the names of columns, then one an image' });
}
