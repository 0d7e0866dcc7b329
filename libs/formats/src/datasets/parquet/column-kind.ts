import { half } from '../numpy/dtype.js';
import { Unreadable } from './damage.js';
import { dateText, timeText, timestampText, uuidText } from './instants.js';
import type { ThriftStruct } from './thrift.js';

/** How values lie in a page, by their numbers in parquet.thrift. */
const PHYSICAL = ['boolean', 'int32', 'int64', 'int96', 'float', 'double', 'bytes', 'fixed'] as const;
export type PhysicalType = (typeof PHYSICAL)[number];

export interface SchemaElement {
  readonly type: PhysicalType;
  /** Bytes of a fixed-length value. */
  readonly length: number;
  /** The older annotation, by its number, and the newer one, a union of which one field is set. */
  readonly converted: number | undefined;
  readonly logical: ThriftStruct | undefined;
  /** Decimal digits behind the point. */
  readonly scale: number;
}

/** A value as it lies in a page. */
export type Raw = number | bigint | Uint8Array;

/** How the values of a column are read. */
export type ColumnKind = {
  readonly physical: PhysicalType;
  /** Bytes of a fixed-length value, 12 of an int96. */
  readonly bytes: number;
} & (
  | { readonly type: 'number'; readonly convert: (raw: Raw) => number }
  | { readonly type: 'text'; readonly convert: (raw: Raw) => string }
);

const MAX_FIXED = 2 ** 16;
const MAX_SCALE = 38;
const UNSIGNED_CONVERTED = [11, 12, 13, 14];
const TEXT_CONVERTED = [0, 4, 19];

export function physicalTypeOf(number: number): PhysicalType {
  return PHYSICAL[number]!;
}

/** How a column is read, or why it is not. */
export function kindOf(element: SchemaElement): ColumnKind | string {
  const { type, length, converted, logical, scale } = element;
  if (type === 'fixed' && (length < 1 || length > MAX_FIXED)) return `has values of ${length} bytes`;
  const form = { physical: type, bytes: type === 'int96' ? 12 : length };
  const number = (convert: (raw: Raw) => number): ColumnKind => ({ ...form, type: 'number', convert });
  const text = (convert: (raw: Raw) => string): ColumnKind => ({ ...form, type: 'text', convert });
  const isBytes = type === 'bytes' || type === 'fixed';
  if (converted === 5 || logical?.has(5)) {
    const places = decimalPlaces(logical, scale);
    if (type === 'float' || type === 'double' || type === 'boolean' || places > MAX_SCALE) return 'is no valid decimal';
    return number((raw) => safe(isBytes ? bigEndian(raw as Uint8Array) : raw, 'a decimal') / 10 ** places);
  }
  if (isBytes) {
    if (logical?.has(14) && length === 16) return text((raw) => uuidText(raw as Uint8Array));
    if (logical?.has(15) && length === 2)
      return number((raw) => half((raw as Uint8Array)[0]! | ((raw as Uint8Array)[1]! << 8)));
    const isText = [1, 4, 12].some((field) => logical?.has(field)) || TEXT_CONVERTED.includes(converted ?? -1);
    // Older writers do not annotate text; what is no UTF-8 is refused when it is read.
    const isPlain = type === 'bytes' && converted === undefined && logical === undefined;
    return isText || isPlain ? text((raw) => utf8(raw as Uint8Array)) : 'holds bytes that are no text';
  }
  if (type === 'int96') return text((raw) => timestampText(int96Nanoseconds(raw as Uint8Array), 9, false));
  if (type !== 'int32' && type !== 'int64') return number(Number);
  if (converted === 6 || logical?.has(6)) return text((raw) => dateText(Number(raw)));
  const time = clockOf(logical?.get(7)) ?? TIMES[converted ?? -1];
  if (time) return text((raw) => timeText(BigInt(raw as number), time.digits));
  const stamp = clockOf(logical?.get(8)) ?? TIMESTAMPS[converted ?? -1];
  if (stamp) return text((raw) => timestampText(BigInt(raw as number), stamp.digits, stamp.utc));
  if (!isUnsigned(element)) return number((raw) => safe(raw, 'an integer'));
  if (type === 'int32') return number((raw) => (raw as number) >>> 0);
  return number((raw) => safe(BigInt.asUintN(64, raw as bigint), 'an integer'));
}

interface Clock {
  /** Decimal digits of a second: 3, 6 or 9. */
  readonly digits: number;
  /** Whether it counts from midnight in Greenwich rather than wherever it was. */
  readonly utc: boolean;
}
/** By the older annotation: of milliseconds and of microseconds. */
const TIMES: Readonly<Record<number, Clock | undefined>> = { 7: { digits: 3, utc: true }, 8: { digits: 6, utc: true } };
const TIMESTAMPS: typeof TIMES = { 9: { digits: 3, utc: true }, 10: { digits: 6, utc: true } };

/** A TimeType or TimestampType: field 1 says whether it is UTC, field 2 is a union of the units. */
function clockOf(value: unknown): Clock | undefined {
  if (!(value instanceof Map)) return undefined;
  const unit: unknown = value.get(2);
  const place = unit instanceof Map ? [1, 2, 3].find((field) => unit.has(field)) : undefined;
  return place === undefined ? undefined : { digits: 3 * place, utc: value.get(1) === true };
}

function decimalPlaces(logical: ThriftStruct | undefined, scale: number): number {
  const decimal = logical?.get(5);
  const places: unknown = decimal instanceof Map ? decimal.get(1) : scale;
  return typeof places === 'number' && Number.isInteger(places) && places >= 0 ? places : Infinity;
}

function isUnsigned({ converted, logical }: SchemaElement): boolean {
  const integer = logical?.get(10);
  if (integer instanceof Map) return integer.get(2) === false;
  return UNSIGNED_CONVERTED.includes(converted ?? -1);
}

function safe(value: Raw, what: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Unreadable(`${what} beyond 2^53`);
  return number;
}

/** A two's complement number of any length, the highest byte first. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length > 32) throw new Unreadable('a decimal of more than 256 bits');
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** Nanoseconds of the day, then the Julian day; 2,440,588 is 1 January 1970. */
function int96Nanoseconds(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  return (BigInt(view.getInt32(8, true)) - 2_440_588n) * 86_400_000_000_000n + view.getBigInt64(0, true);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Unreadable('bytes that are no text in UTF-8');
  }
}
