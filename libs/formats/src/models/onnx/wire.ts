import { InputError } from '@ciphernet/foundation';

/**
 * The wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding/). A parser of our own, because a
 * general one makes an object of every two bytes of a hostile file: here one budget bounds what a file may make.
 */
export interface Field {
  readonly number: number;
  /** Of a length-delimited field (strings, messages, packed numbers), and of a fixed one: its bytes, not copied. */
  readonly bytes: Uint8Array;
  /** Of a varint: int64, beyond 2^53 rounded. */
  readonly integer: number;
  readonly wire: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
}

/** What remains of a file's allowance. */
export interface Budget {
  readonly where: string;
  messages: number;
  /** Numbers and texts in lists of attributes, which are the only ones that are kept one by one. */
  listed: number;
}

const MOST_MESSAGES = 200_000;
const MOST_LISTED = 2 ** 24;

export function newBudget(where: string): Budget {
  return { where, messages: MOST_MESSAGES, listed: MOST_LISTED };
}

export function damaged(where: string, what: string): InputError {
  return new InputError(`not an ONNX file: ${what}`, {
    where,
    hint: 'the file is truncated or of another format; export the model again',
  });
}

/** Takes from the allowance. @throws InputError when it is used up */
export function spend(budget: Budget, kind: 'messages' | 'listed', count = 1): void {
  budget[kind] -= count;
  if (budget[kind] >= 0) return;
  throw new InputError(kind === 'messages' ? 'too many nodes and tensors' : 'too many numbers in attributes', {
    where: budget.where,
    hint: `a model has at most ${MOST_MESSAGES} parts and ${MOST_LISTED} numbers in attributes`,
  });
}

const EMPTY = new Uint8Array(0);

interface Cursor {
  readonly bytes: Uint8Array;
  readonly where: string;
  at: number;
}

/** An unsigned varint of at most 64 bits, as int64. */
function varint(cursor: Cursor): number {
  const { bytes, where } = cursor;
  let low = 0;
  let scale = 1;
  // Seven bytes are 49 bits and exact as a number; what is longer goes through BigInt, negative integers among it.
  for (let i = 0; i < 7; i++, scale *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw damaged(where, 'it ends inside a number');
    low += (byte & 0x7f) * scale;
    if (byte < 0x80) return low;
  }
  let high = BigInt(low);
  for (let i = 7n; i < 10n; i++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw damaged(where, 'it ends inside a number');
    high |= BigInt(byte & 0x7f) << (7n * i);
    if (byte < 0x80) return Number(BigInt.asIntN(64, high));
  }
  throw damaged(where, 'a number of more than ten bytes');
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  if (!(length >= 0 && end <= cursor.bytes.length)) throw damaged(cursor.where, 'a field is longer than the file');
  const bytes = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

/** Calls `visit` with each field of a message, in order. @throws InputError when the bytes are none */
export function readFields(bytes: Uint8Array, where: string, visit: (field: Field) => void): void {
  const cursor: Cursor = { bytes, where, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(cursor);
    const number = Math.floor(tag / 8);
    if (number < 1 || tag >= 2 ** 32) throw damaged(where, `a field of number ${number}`);
    switch (tag % 8) {
      case 0:
        visit({ number, wire: 'varint', integer: varint(cursor), bytes: EMPTY });
        break;
      case 1:
        visit({ number, wire: 'fixed64', integer: 0, bytes: take(cursor, 8) });
        break;
      case 2:
        visit({ number, wire: 'bytes', integer: 0, bytes: take(cursor, varint(cursor)) });
        break;
      case 5:
        visit({ number, wire: 'fixed32', integer: 0, bytes: take(cursor, 4) });
        break;
      default:
        throw damaged(where, `wire type ${tag % 8}`);
    }
  }
}

/** Calls `visit` with each number of a packed list of varints. */
export function readPackedVarints(bytes: Uint8Array, where: string, visit: (value: number) => void): void {
  const cursor: Cursor = { bytes, where, at: 0 };
  while (cursor.at < bytes.length) visit(varint(cursor));
}

const utf8 = new TextDecoder('utf-8');

export function textOf(field: Field): string {
  return utf8.decode(field.bytes);
}

export function floatOf(field: Field): number {
  return floatsIn(field.bytes)[0] ?? 0;
}

/** Little-endian float32 values, copied: a Buffer's `slice` would not, and fields lie at any address. */
export function floatsIn(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 4));
}
