import { Damage } from './damage.js';

/** A value of Thrift's compact protocol; structs by the numbers of their fields. */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Parquet's own structures nest seven deep. */
const MAX_DEPTH = 16;
/** Values in one structure: a footer of 100,000 column chunks with all their statistics. Bounds memory to some 400 MB. */
const MAX_VALUES = 4_000_000;

/** Types by their numbers; those of integers differ in width only. */
const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

/**
 * Reads a struct of Thrift's compact protocol
 * (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md). Integers of 64 bits are doubles: exact up
 * to 2^53, and beyond any file above it. Takes time and memory in proportion to the bytes that are there, whatever they claim.
 *
 * @returns the struct and the offset behind it
 * @throws Damage when the bytes end within it, nest deeper than 16, or hold a type that Parquet does not use
 */
export function readThrift(bytes: Uint8Array, offset = 0): { struct: ThriftStruct; end: number } {
  let at = offset;
  let budget = MAX_VALUES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  const byte = (): number => {
    if (at >= bytes.length) throw new Damage('a structure ends too early');
    return bytes[at++]!;
  };

  /** At most ten groups of seven bits. Exact up to 2^53. */
  const varint = (): number => {
    let value = 0;
    for (let i = 0, unit = 1; i < 10; i++, unit *= 128) {
      const group = byte();
      value += (group & 0x7f) * unit;
      if (group < 0x80) return value;
    }
    throw new Damage('an integer has more than 64 bits');
  };

  const zigzag = (): number => {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };

  const list = (depth: number): ThriftValue[] => {
    const head = byte();
    const type = head & 0x0f;
    const size = head >> 4 === 15 ? varint() : head >> 4;
    if (size > bytes.length - at) throw new Damage(`a list says it has ${size} entries`);
    const values: ThriftValue[] = [];
    // Unlike a field, an entry that is a boolean takes a byte.
    for (let i = 0; i < size; i++) values.push(type <= FALSE ? byte() === 1 : value(type, depth));
    return values;
  };

  const value = (type: number, depth: number): ThriftValue => {
    if (depth > MAX_DEPTH) throw new Damage(`structures nest deeper than ${MAX_DEPTH}`);
    if (--budget < 0) throw new Damage(`a structure has more than ${MAX_VALUES} values`);
    switch (type) {
      case TRUE:
        return true;
      case FALSE:
        return false;
      case BYTE:
        return (byte() << 24) >> 24;
      case I16:
      case I32:
      case I64:
        return zigzag();
      case DOUBLE:
        at += 8;
        if (at > bytes.length) throw new Damage('a structure ends too early');
        return view.getFloat64(at - 8, true);
      case BINARY: {
        const length = varint();
        if (length > bytes.length - at) throw new Damage(`a text says it has ${length} bytes`);
        at += length;
        return bytes.subarray(at - length, at);
      }
      case LIST:
      case SET:
        return list(depth + 1);
      case STRUCT:
        return struct(depth + 1);
      default:
        throw new Damage(`a structure holds a value of unknown type ${type}`);
    }
  };

  const struct = (depth: number): ThriftStruct => {
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ;) {
      const head = byte();
      if ((head & 0x0f) === STOP) return fields;
      id = head >> 4 === 0 ? zigzag() : id + (head >> 4);
      fields.set(id, value(head & 0x0f, depth));
    }
  };

  return { struct: struct(0), end: at };
}

/** A field that is a whole number, and within a range where one is given. @throws Damage when it is not */
export function integerOf(struct: ThriftStruct, field: number, what: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = struct.get(field);
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Damage(`${what} is missing`);
  if (value < 0 || value > most) throw new Damage(`${what} is ${value}, outside 0 to ${most}`);
  return value;
}

/** A field that is a struct. @throws Damage when it is not */
export function structOf(struct: ThriftStruct, field: number, what: string): ThriftStruct {
  return requireStruct(struct.get(field), what);
}

/** A field that is a list of structs. @throws Damage when it is not */
export function structsOf(struct: ThriftStruct, field: number, what: string): readonly ThriftStruct[] {
  const value = struct.get(field);
  if (!Array.isArray(value)) throw new Damage(`${what} is missing`);
  return value.map((entry: ThriftValue) => requireStruct(entry, what));
}

/** A field that is text, undefined where it is not there. */
export function textOf(struct: ThriftStruct, field: number): string | undefined {
  const value = struct.get(field);
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
}

function requireStruct(value: ThriftValue | undefined, what: string): ThriftStruct {
  if (!(value instanceof Map)) throw new Damage(`${what} is missing`);
  return value as ThriftStruct;
}
