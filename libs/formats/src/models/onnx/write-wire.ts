/**
 * Fields of protocol buffers, the counterpart of `wire.ts` (https://protobuf.dev/programming-guides/encoding/). A message is the
 * concatenation of its fields.
 */
const BYTES = 2;
const VARINT = 0;
const FIXED32 = 5;

/** A varint of a whole number; negative ones have ten bytes, as int64 has them. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** A field of bytes: a message, a text, packed numbers. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([...varint(number * 8 + BYTES), ...varint(bytes.length)]), bytes]);
}

export function messageField(number: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytesField(number, Buffer.concat(fields));
}

export function textField(number: number, text: string): Uint8Array {
  return bytesField(number, Buffer.from(text, 'utf8'));
}

/** A field of int64 or int32. @param value a whole number within ±2^53 */
export function integerField(number: number, value: number): Uint8Array {
  return Buffer.from([...varint(number * 8 + VARINT), ...varint(value)]);
}

/** A field of float. */
export function floatField(number: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([Buffer.from(varint(number * 8 + FIXED32)), bytes]);
}

/** A repeated field of int64 or int32, packed. */
export function packedIntegers(number: number, values: readonly number[]): Uint8Array {
  return bytesField(number, Buffer.from(values.flatMap(varint)));
}
