import { Damage } from './damage.js';

/**
 * Decodes Parquet's hybrid of runs and packed bits
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE): a varint whose lowest bit tells a run of
 * `header >> 1` equal values from `header >> 1` groups of eight values of `width` bits, lowest bits first.
 *
 * @param bytes the runs and nothing else
 * @param width bits of a value, 0 to 32
 * @param count how many values are wanted; groups of eight may hold more
 * @throws Damage when the runs hold fewer values, or a single one holds more than are wanted
 */
export function decodeRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const out = new Uint32Array(count);
  if (width > 32) throw new Damage(`values of ${width} bits`);
  const valueBytes = (width + 7) >> 3;
  let at = 0;
  let done = 0;
  while (done < count) {
    const { value: header, end } = readVarint32(bytes, at);
    at = end;
    const size = header >>> 1;
    if ((header & 1) === 0) {
      if (size === 0 || size > count - done) throw new Damage(`a run of ${size} values where ${count - done} are left`);
      if (at + valueBytes > bytes.length) throw new Damage('a run is truncated');
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value += bytes[at + i]! * 2 ** (8 * i);
      if (value >= 2 ** width && width > 0) throw new Damage(`a run of ${value}, which has more than ${width} bits`);
      at += valueBytes;
      out.fill(value, done, done + size);
      done += size;
    } else {
      // Some writers cut the last group off behind the values that count.
      const wanted = Math.min(size * 8, count - done);
      if (size === 0 || Math.ceil((wanted * width) / 8) > bytes.length - at)
        throw new Damage('packed bits are truncated');
      unpack(bytes, at, width, out, done, wanted);
      at += Math.min(size * width, bytes.length - at);
      done += wanted;
    }
  }
  return out;
}

/** Reads `count` values of `width` bits each, lowest bits first, into `out` from `from` on. */
function unpack(bytes: Uint8Array, at: number, width: number, out: Uint32Array, from: number, count: number): void {
  let held = 0;
  let bits = 0;
  let next = at;
  for (let i = 0; i < count; i++) {
    // `held` stays below 2^39, which a double holds and 32-bit operations do not.
    while (bits < width) {
      held += bytes[next++]! * 2 ** bits;
      bits += 8;
    }
    const unit = 2 ** width;
    const value = held % unit;
    out[from + i] = value;
    held = (held - value) / unit;
    bits -= width;
  }
}

/** An unsigned LEB128 integer of at most 32 bits. @throws Damage when it is longer or cut */
export function readVarint32(bytes: Uint8Array, offset: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const group = bytes[offset + i];
    if (group === undefined) throw new Damage('a number is cut off');
    value += (group & 0x7f) * 2 ** (7 * i);
    if (group < 0x80) {
      if (value >= 2 ** 32) break;
      return { value, end: offset + i + 1 };
    }
  }
  throw new Damage('a number has more than 32 bits');
}
