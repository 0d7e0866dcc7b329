import { readFile } from 'node:fs/promises';
import { InputError, printable } from '@ciphernet/foundation';

/**
 * Examples as lines of text: numbers in decimal notation, separated by blanks, tabs, commas or semicolons, one example a line. Blank
 * lines count for nothing. What the test sets of the homomorphic-encryption benchmarks come in.
 */

const NEWLINE = 10;
const RETURN = 13;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const ZERO = 48;
const NINE = 57;

/** Digits that a double holds exactly as an integer: longer numbers are read by the slow way. */
const EXACT_DIGITS = 15;
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, k) => 10 ** k);

const isSeparator = (byte: number | undefined): boolean =>
  byte === 32 || byte === 44 || byte === 9 || byte === 59 || byte === NEWLINE || byte === RETURN;

/** Whole numbers of the common form are put together from their digits; everything else is given to `Number`. */
function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = 10 * mantissa + byte - ZERO;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (byte === POINT && decimals < 0) decimals = 0;
    else break;
  }
  if (at === to && digits > 0 && digits <= EXACT_DIGITS) {
    const value = mantissa / POWERS[Math.max(decimals, 0)]!;
    return isNegative ? -value : value;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

/**
 * Parses lines of numbers.
 *
 * @param width numbers of each line
 * @param where names the file in errors
 * @returns lines × width
 * @throws InputError naming the line that has another number of values, or one that is none
 */
export function parseNumberLines(bytes: Uint8Array, width: number, where: string): Float32Array {
  const fail = (what: string, line: number): never => {
    throw new InputError(what, {
      where: `${where}, line ${line}`,
      hint: `give ${width} numbers a line, separated by blanks`,
    });
  };
  // A number and what separates it are two bytes at least.
  let values = new Float32Array(Math.min(Math.ceil(bytes.length / 2), 2 ** 20 * width));
  let count = 0;
  let line = 1;
  let inLine = 0;
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!;
    if (byte === NEWLINE) {
      if (inLine !== 0 && inLine !== width) fail(`${inLine} values, ${width} are expected`, line);
      inLine = 0;
      line++;
    }
    if (isSeparator(byte)) {
      at++;
      continue;
    }
    const from = at;
    while (at < bytes.length && !isSeparator(bytes[at])) at++;
    const value = numberAt(bytes, from, at);
    if (!Number.isFinite(value)) {
      const text = Buffer.from(bytes.subarray(from, Math.min(at, from + 20))).toString('utf8');
      fail(`'${printable(text)}' is no number`, line);
    }
    if (inLine >= width) fail(`more than ${width} values`, line);
    if (count === values.length) {
      const longer = new Float32Array(2 * values.length);
      longer.set(values);
      values = longer;
    }
    values[count++] = value;
    inLine++;
  }
  if (inLine !== 0 && inLine !== width) fail(`${inLine} values, ${width} are expected`, line);
  if (count === 0) fail('no numbers', 1);
  return values.subarray(0, count);
}

/** Reads a file of lines of numbers. @throws InputError when it cannot be read, and as {@link parseNumberLines} */
export async function readNumberLines(path: string, width: number): Promise<Float32Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new InputError('cannot read the file', { where: path, hint: 'check the path and its permissions', cause });
  }
  return parseNumberLines(bytes, width, path);
}
