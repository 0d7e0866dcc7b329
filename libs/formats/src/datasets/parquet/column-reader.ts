import { InputError } from '@ciphernet/foundation';
import type { ByteSource } from '../byte-source.js';
import type { ColumnKind, Raw } from './column-kind.js';
import { Damage, Unreadable } from './damage.js';
import type { ColumnChunk } from './metadata.js';
import { type PageHeader, openPage, readPageHeader } from './pages.js';
import { decodeRuns } from './runs.js';
import { ENCODING, type RawValues, decodeValues } from './values.js';

/** Values as they are given out. */
export type ColumnValues = Float64Array | string[];

/** A column that is read, with what errors call it. */
export interface ReadColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly optional: boolean;
  readonly where: string;
}

/** The values of a page. */
export interface ColumnPage {
  readonly values: ColumnValues;
  /** Bytes that they and their dictionary take in memory, about. */
  readonly bytes: number;
}

/** Converted values of a dictionary, and for those that cannot be, why. */
interface Dictionary {
  readonly bytes: number;
  readonly values: readonly (number | string)[];
  readonly refused: ReadonlyMap<number, string>;
}

/** A double, or a reference to a text with its header. */
const BYTES_A_VALUE = 16;
/** Bytes that page headers take, and with long statistics. */
const HEADER_BYTES = 512;
const MAX_HEADER_BYTES = 2 ** 20;

/**
 * The pages of a column in a row group, one after the other, each as its converted values.
 *
 * @param firstRow the row of the file with which the group begins
 * @param rows how many the group has
 * @throws InputError that names column and row when a page is damaged, a value is out of range, or values are too few or too many
 */
export async function* columnPages(
  source: ByteSource,
  chunk: ColumnChunk,
  column: ReadColumn,
  firstRow: number,
  rows: number,
): AsyncGenerator<ColumnPage> {
  let dictionary: Dictionary | undefined;
  let done = 0;
  const fail = (what: string, row: number): never => {
    throw new InputError(`column ${JSON.stringify(column.name)} ${what}`, {
      where: `${column.where}, row ${row + 1}`,
      hint: 'write the file again, or leave the column out',
    });
  };
  try {
    for (let at = 0; done < rows;) {
      if (at >= chunk.length) throw new Damage(`${done} of the ${rows} values of its row group`);
      const header = await readHeader(source, chunk, at);
      at += header.end;
      if (header.packed > chunk.length - at) throw new Damage('a page leaves its column');
      const bytes = header.kind === 'index' ? undefined : await source.read(chunk.offset + at, header.packed);
      at += header.packed;
      if (bytes === undefined) continue;
      if (header.kind === 'dictionary') {
        if (dictionary !== undefined) throw new Damage('two dictionaries');
        dictionary = await readDictionary(bytes, header, chunk.codec, column.kind);
        continue;
      }
      if (header.values > rows - done)
        throw new Damage(`a page of ${header.values} values where ${rows - done} are left`);
      const page = await openPage(bytes, header, chunk.codec, column.optional);
      const values = readData(page, header, column.kind, dictionary, (why, i) => fail(why, firstRow + done + i));
      yield { values, bytes: header.size + BYTES_A_VALUE * header.values + (dictionary?.bytes ?? 0) };
      done += header.values;
    }
  } catch (error) {
    if (error instanceof Damage) fail(`is damaged: ${error.message}`, firstRow + done);
    throw error;
  }
}

async function readHeader(source: ByteSource, chunk: ColumnChunk, at: number): Promise<PageHeader> {
  for (let length = HEADER_BYTES; ; length *= 8) {
    const available = Math.min(length, chunk.length - at);
    try {
      return readPageHeader(await source.read(chunk.offset + at, available));
    } catch (error) {
      if (!(error instanceof Damage) || available < length || length > MAX_HEADER_BYTES) throw error;
    }
  }
}

async function readDictionary(
  bytes: Uint8Array,
  header: PageHeader,
  codec: number,
  kind: ColumnKind,
): Promise<Dictionary> {
  const isPlain = header.encoding === ENCODING.plain || header.encoding === ENCODING.plainDictionary;
  if (!isPlain) throw new Damage(`a dictionary in encoding ${header.encoding}`);
  const page = await openPage(bytes, header, codec, false);
  const raw = decodeValues(page.bytes, ENCODING.plain, kind, header.values);
  const refused = new Map<number, string>();
  const values = Array.from(raw as ArrayLike<Raw>, (value, i) => {
    try {
      return kind.convert(value);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      refused.set(i, error.message);
      return kind.type === 'number' ? NaN : '';
    }
  });
  return { values, refused, bytes: header.size + BYTES_A_VALUE * header.values };
}

function readData(
  { present, bytes }: { present: Uint32Array | undefined; bytes: Uint8Array },
  header: PageHeader,
  kind: ColumnKind,
  dictionary: Dictionary | undefined,
  fail: (why: string, index: number) => never,
): ColumnValues {
  const count = present === undefined ? header.values : present.reduce((sum, level) => sum + level, 0);
  const isIndexed = header.encoding === ENCODING.runsDictionary || header.encoding === ENCODING.plainDictionary;
  const next = isIndexed
    ? fromDictionary(bytes, count, dictionary)
    : fromValues(count === 0 ? [] : decodeValues(bytes, header.encoding, kind, count), kind);
  const out: ColumnValues =
    kind.type === 'number' ? new Float64Array(header.values).fill(NaN) : new Array<string>(header.values).fill('');
  for (let i = 0, taken = 0; i < header.values; i++) {
    if (present?.[i] === 0) continue;
    try {
      out[i] = next(taken++);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      fail(`holds ${error.message}`, i);
    }
  }
  return out;
}

function fromValues(raw: RawValues, kind: ColumnKind): (i: number) => number | string {
  return (i) => kind.convert(raw[i]!);
}

/** The width of the indices stands in the first byte. A page of missing values alone may have none. */
function fromDictionary(
  bytes: Uint8Array,
  count: number,
  dictionary: Dictionary | undefined,
): (i: number) => number | string {
  if (dictionary === undefined) throw new Damage('a page without its dictionary');
  const indices = count === 0 ? new Uint32Array(0) : decodeRuns(bytes.subarray(1), bytes[0] ?? 0, count);
  const { values, refused } = dictionary;
  return (i) => {
    const index = indices[i]!;
    const value = values[index];
    if (value === undefined) throw new Damage(`entry ${index} of a dictionary of ${values.length}`);
    const why = refused.size > 0 ? refused.get(index) : undefined;
    if (why !== undefined) throw new Unreadable(why);
    return value;
  };
}
