import { InputError } from '@ciphernet/foundation';
import type { ByteSource } from '../byte-source.js';
import { MAX_COLUMNS } from '../tables/columns.js';
import { type ColumnKind, type SchemaElement, kindOf, physicalTypeOf } from './column-kind.js';
import { Damage } from './damage.js';
import { type ThriftStruct, integerOf, readThrift, structOf, structsOf, textOf } from './thrift.js';

/** A column of a Parquet file. */
export interface ParquetColumn {
  readonly name: string;
  /** How its values are read; or why they are not. */
  readonly kind: ColumnKind | string;
  readonly optional: boolean;
  /** Its place among the chunks of a row group. */
  readonly chunk: number;
}

/** Where the pages of one column in one row group lie. */
export interface ColumnChunk {
  readonly offset: number;
  readonly length: number;
  /** Number of the compression codec, as in parquet.thrift. */
  readonly codec: number;
}

export interface RowGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetMetadata {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly groups: readonly RowGroup[];
}

const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
const MAX_FOOTER = 2 ** 26;
const MAX_ROWS = 2 ** 31;
/** Rows for each byte of the file. Runs of one value take next to nothing, yet files of real measurements are far below. */
const MAX_ROWS_PER_BYTE = 2 ** 16;

/**
 * Reads what a Parquet file says of itself: at its end stand a structure in Thrift's compact protocol, its length in four bytes and
 * `PAR1` (https://parquet.apache.org/docs/file-format/, field numbers in parquet.thrift).
 *
 * @throws InputError for a truncated or damaged footer, numbers of rows that contradict each other or the file's size, and chunks
 *   outside the file
 */
export async function readMetadata(source: ByteSource): Promise<ParquetMetadata> {
  const { where, size } = source;
  try {
    if (size < 12) throw new Damage(`${size} bytes are too few`);
    const tail = await source.read(size - 8, 8);
    const magic = new TextDecoder('latin1').decode(tail.subarray(4));
    if (magic === ENCRYPTED_MAGIC) throw new Damage('it is encrypted');
    if (magic !== MAGIC) throw new Damage('it does not end with PAR1');
    const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
    if (length > MAX_FOOTER || length > size - 12) throw new Damage(`its footer says it has ${length} bytes`);
    const footer = size - 8 - length;
    const { struct } = readThrift(await source.read(footer, length));
    const rows = integerOf(struct, 3, 'the number of rows', Math.min(MAX_ROWS, size * MAX_ROWS_PER_BYTE));
    const { columns, leaves } = readSchema(structsOf(struct, 2, 'the schema'));
    const groups = structsOf(struct, 4, 'the list of row groups').map((group) => readGroup(group, leaves, footer));
    const sum = groups.reduce((total, group) => total + group.rows, 0);
    if (sum !== rows) throw new Damage(`it says it has ${rows} rows, but its row groups have ${sum}`);
    return { rows, columns, groups };
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    throw new InputError(`the Parquet file is damaged: ${error.message}`, { where, hint: 'fetch or write it again' });
  }
}

function readSchema(elements: readonly ThriftStruct[]): { columns: readonly ParquetColumn[]; leaves: number } {
  const [root, ...rest] = elements;
  if (root === undefined) throw new Damage('the schema is empty');
  const count = integerOf(root, 5, 'the number of columns', MAX_COLUMNS);
  const columns: ParquetColumn[] = [];
  let at = 0;
  let chunk = 0;
  /** Passes over an element and what it nests; the number of elements bounds the loop. */
  const skip = (): void => {
    for (let open = 1; open > 0; open--) {
      const element = rest[at++];
      if (element === undefined) throw new Damage('the schema ends too early');
      const children = childrenOf(element);
      if (children === 0) chunk++;
      open += children;
    }
  };
  while (columns.length < count) {
    const element = rest[at];
    if (element === undefined) throw new Damage('the schema ends too early');
    const first = chunk;
    skip();
    const name = textOf(element, 4) ?? '';
    const isNested = childrenOf(element) > 0 || element.get(3) === 2;
    const kind = isNested ? 'is nested (a list, map or structure)' : kindOf(readElement(element));
    columns.push({ name, kind, optional: element.get(3) === 1, chunk: first });
  }
  if (at !== rest.length) throw new Damage('the schema has more elements than columns');
  return { columns, leaves: chunk };
}

function childrenOf(element: ThriftStruct): number {
  return element.has(5) ? integerOf(element, 5, 'the number of children', MAX_COLUMNS) : 0;
}

function readElement(element: ThriftStruct): SchemaElement {
  const optional = (field: number) => (element.has(field) ? integerOf(element, field, 'a schema field') : undefined);
  const logical = element.get(10);
  return {
    type: physicalTypeOf(integerOf(element, 1, 'the type of a column', 7)),
    length: optional(2) ?? 0,
    converted: optional(6),
    scale: optional(7) ?? 0,
    logical: logical instanceof Map ? (logical as ThriftStruct) : undefined,
  };
}

function readGroup(group: ThriftStruct, leaves: number, footer: number): RowGroup {
  const rows = integerOf(group, 3, 'the number of rows of a row group', MAX_ROWS);
  // Writers give no offsets to columns of nothing.
  if (rows === 0) return { rows, chunks: [] };
  const chunks = structsOf(group, 1, 'the columns of a row group');
  if (chunks.length !== leaves) throw new Damage(`a row group has ${chunks.length} columns, the schema ${leaves}`);
  return { rows, chunks: chunks.map((chunk) => readChunk(chunk, footer)) };
}

function readChunk(chunk: ThriftStruct, footer: number): ColumnChunk {
  if (chunk.has(1)) throw new Damage('a column is in another file');
  if (!chunk.has(3)) throw new Damage('a column is encrypted');
  const metadata = structOf(chunk, 3, 'the metadata of a column');
  const data = integerOf(metadata, 9, 'the offset of a column');
  // Some writers leave the dictionary's offset 0 or out, although a dictionary page stands at the other one.
  const dictionary = metadata.has(11) ? integerOf(metadata, 11, 'the offset of a dictionary') : 0;
  const offset = dictionary > 0 ? Math.min(dictionary, data) : data;
  const length = integerOf(metadata, 7, 'the size of a column');
  if (offset < 4 || offset + length > footer) throw new Damage('a column lies outside the file');
  return { offset, length, codec: integerOf(metadata, 4, 'the codec of a column', 7) };
}
