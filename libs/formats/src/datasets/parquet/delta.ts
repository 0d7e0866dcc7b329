import { Damage } from './damage.js';
import { readVarint32 } from './runs.js';

/** Values in a block, and parts of a block: far above what writers take (128 to 1,024 in four). */
const MAX_BLOCK = 2 ** 16;
const MAX_PARTS = 512;

/**
 * Decodes DELTA_BINARY_PACKED
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC): block size, miniblocks a block, count and first
 * value, then in each block the least difference, the width of each miniblock, and differences above the least in packed bits.
 * Sums wrap at `bits`, 32 or 64.
 *
 * @returns the values and the offset behind them
 * @throws Damage for another count than wanted, sizes that do not divide, and packed bits that are cut off
 */
export function decodeDelta(
  bytes: Uint8Array,
  offset: number,
  count: number,
  bits: number,
): { values: BigInt64Array<ArrayBuffer>; end: number } {
  const block = readVarint32(bytes, offset);
  const parts = readVarint32(bytes, block.end);
  const total = readVarint32(bytes, parts.end);
  const first = readZigzag(bytes, total.end);
  const perPart = block.value / parts.value;
  if (block.value > MAX_BLOCK || parts.value > MAX_PARTS || !(perPart > 0) || perPart % 8 !== 0) {
    throw new Damage(`blocks of ${block.value} differences in ${parts.value} parts`);
  }
  if (total.value !== count) throw new Damage(`${total.value} differences where ${count} are needed`);
  const values = new BigInt64Array(count);
  let at = first.end;
  let value = BigInt.asIntN(bits, first.value);
  let done = 0;
  if (count > 0) values[done++] = value;
  while (done < count) {
    const least = readZigzag(bytes, at);
    const widths = bytes.subarray(least.end, least.end + parts.value);
    if (widths.length < parts.value) throw new Damage('widths of differences are cut off');
    at = least.end + parts.value;
    for (let part = 0; part < parts.value && done < count; part++) {
      const width = widths[part]!;
      if (width > 64) throw new Damage(`differences of ${width} bits`);
      const wanted = Math.min(perPart, count - done);
      if (Math.ceil((wanted * width) / 8) > bytes.length - at) throw new Damage('differences are cut off');
      for (let i = 0; i < wanted; i++) {
        value = BigInt.asIntN(bits, value + least.value + bitsAt(bytes, at, i * width, width));
        values[done++] = value;
      }
      // The last part may be cut off behind the differences that count.
      at = Math.min(at + (perPart * width) / 8, bytes.length);
    }
  }
  return { values, end: at };
}

/** The bits from `from` to `from + width` behind a byte, lowest first. */
function bitsAt(bytes: Uint8Array, at: number, from: number, width: number): bigint {
  if (width === 0) return 0n;
  const shift = from % 8;
  const start = at + (from - shift) / 8;
  const last = start + Math.ceil((shift + width) / 8);
  if (shift + width <= 48) {
    let value = 0;
    for (let i = last - 1; i >= start; i--) value = value * 256 + bytes[i]!;
    return BigInt(Math.floor(value / 2 ** shift) % 2 ** width);
  }
  let value = 0n;
  for (let i = last - 1; i >= start; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return BigInt.asUintN(width, value >> BigInt(shift));
}

/** A signed integer of at most 64 bits, its sign in the lowest. */
function readZigzag(bytes: Uint8Array, offset: number): { value: bigint; end: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const group = bytes[offset + i];
    if (group === undefined) throw new Damage('a number is cut off');
    value |= BigInt(group & 0x7f) << BigInt(7 * i);
    if (group < 0x80) return { value: (value >> 1n) ^ -(value & 1n), end: offset + i + 1 };
  }
  throw new Damage('a number has more than 64 bits');
}
