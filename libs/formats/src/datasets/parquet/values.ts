import type { PhysicalType } from './column-kind.js';
import { Damage } from './damage.js';
import { decodeDelta } from './delta.js';
import { decodeRuns } from './runs.js';

/** Values as they lie in a page: numbers, integers of 64 bits, or bytes. */
export type RawValues = Float64Array | BigInt64Array | readonly Uint8Array[];

/** What decoding has to know of a column. */
export interface Physical {
  readonly physical: PhysicalType;
  /** Bytes of a fixed-length value. */
  readonly bytes: number;
}

/** Numbers of encodings in parquet.thrift. */
export const ENCODING = {
  plain: 0,
  plainDictionary: 2,
  runs: 3,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  runsDictionary: 8,
  byteStreamSplit: 9,
} as const;

/** Bytes that texts of a page may come to when each repeats the beginning of the one before. */
const MAX_TEXT = 2 ** 28;

/**
 * Decodes the values of a page that are no dictionary's indices.
 *
 * @throws Damage when there are fewer bytes than so many values need, before memory is taken, and for an encoding that does not fit
 */
export function decodeValues(bytes: Uint8Array, encoding: number, column: Physical, count: number): RawValues {
  const { physical } = column;
  if (encoding === ENCODING.plain) return decodePlain(bytes, column, count);
  if (encoding === ENCODING.runs && physical === 'boolean') {
    const length = bytes.length < 4 ? 0 : viewOf(bytes).getUint32(0, true);
    if (length > bytes.length - 4) throw new Damage('runs are truncated');
    return Float64Array.from(decodeRuns(bytes.subarray(4, 4 + length), 1, count));
  }
  if (encoding === ENCODING.byteStreamSplit) return decodePlain(joinStreams(bytes, column, count), column, count);
  if (encoding === ENCODING.deltaBinaryPacked && (physical === 'int32' || physical === 'int64')) {
    const { values } = decodeDelta(bytes, 0, count, physical === 'int32' ? 32 : 64);
    return physical === 'int32' ? Float64Array.from(values, Number) : values;
  }
  if (encoding === ENCODING.deltaLengthByteArray && physical === 'bytes') {
    const { values, end } = decodeDelta(bytes, 0, count, 32);
    return cut(bytes, end, values);
  }
  if (encoding === ENCODING.deltaByteArray && (physical === 'bytes' || physical === 'fixed')) {
    const prefixes = decodeDelta(bytes, 0, count, 32);
    const lengths = decodeDelta(bytes, prefixes.end, count, 32);
    const texts = withPrefixes(prefixes.values, cut(bytes, lengths.end, lengths.values));
    if (physical === 'fixed' && texts.some((text) => text.length !== column.bytes)) {
      throw new Damage(`a value has not the ${column.bytes} bytes of its column`);
    }
    return texts;
  }
  throw new Damage(`encoding ${encoding} is unknown or does not fit ${physical}`);
}

function decodePlain(bytes: Uint8Array, column: Physical, count: number): RawValues {
  const { physical } = column;
  const needed = physical === 'boolean' ? Math.ceil(count / 8) : count * widthOf(column);
  if (needed > bytes.length) throw new Damage(`${count} values need ${needed} bytes, there are ${bytes.length}`);
  const view = viewOf(bytes);
  const numbers = (read: (i: number) => number): Float64Array => {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = read(i);
    return values;
  };
  switch (physical) {
    case 'boolean':
      return numbers((i) => (bytes[i >> 3]! >> (i & 7)) & 1);
    case 'int32':
      return numbers((i) => view.getInt32(4 * i, true));
    case 'float':
      return numbers((i) => view.getFloat32(4 * i, true));
    case 'double':
      return numbers((i) => view.getFloat64(8 * i, true));
    case 'int64': {
      const values = new BigInt64Array(count);
      for (let i = 0; i < count; i++) values[i] = view.getBigInt64(8 * i, true);
      return values;
    }
    case 'bytes':
      return lengthPrefixed(bytes, count);
    case 'int96':
    case 'fixed':
      return Array.from({ length: count }, (_, i) => bytes.subarray(i * column.bytes, (i + 1) * column.bytes));
  }
}

/** Bytes that a value takes, at the least. */
function widthOf({ physical, bytes }: Physical): number {
  if (physical === 'int32' || physical === 'float' || physical === 'bytes') return 4;
  return physical === 'fixed' || physical === 'int96' ? bytes : 8;
}

function lengthPrefixed(bytes: Uint8Array, count: number): readonly Uint8Array[] {
  const view = viewOf(bytes);
  const values: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new Damage('texts are cut off');
    const length = view.getUint32(at, true);
    at += 4;
    if (length > bytes.length - at) throw new Damage(`a text says it has ${length} bytes`);
    values.push(bytes.subarray(at, at + length));
    at += length;
  }
  return values;
}

/** BYTE_STREAM_SPLIT keeps the first bytes of all values, then the second ones, and so on. */
function joinStreams(bytes: Uint8Array, column: Physical, count: number): Uint8Array {
  const { physical } = column;
  if (physical === 'boolean' || physical === 'bytes' || physical === 'int96') {
    throw new Damage(`split bytes do not fit ${physical}`);
  }
  const width = widthOf(column);
  if (count * width > bytes.length) throw new Damage('split bytes are cut off');
  const joined = new Uint8Array(count * width);
  for (let stream = 0; stream < width; stream++) {
    for (let i = 0; i < count; i++) joined[i * width + stream] = bytes[stream * count + i]!;
  }
  return joined;
}

function cut(bytes: Uint8Array, offset: number, lengths: BigInt64Array): readonly Uint8Array[] {
  let at = offset;
  return Array.from(lengths, (wide) => {
    const length = Number(wide);
    if (length < 0 || length > bytes.length - at) throw new Damage(`a text says it has ${length} bytes`);
    at += length;
    return bytes.subarray(at - length, at);
  });
}

function withPrefixes(prefixes: BigInt64Array, ends: readonly Uint8Array[]): readonly Uint8Array[] {
  let before: Uint8Array = new Uint8Array(0);
  let total = 0;
  return ends.map((end, i) => {
    const prefix = Number(prefixes[i]);
    if (prefix < 0 || prefix > before.length) throw new Damage('a text repeats more than the one before has');
    total += prefix;
    if (total > MAX_TEXT) throw new Damage(`texts of more than ${MAX_TEXT} bytes in a page`);
    const text = new Uint8Array(prefix + end.length);
    text.set(before.subarray(0, prefix));
    text.set(end, prefix);
    before = text;
    return text;
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
