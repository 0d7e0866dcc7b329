/** The narrowest words of the wire format. No prime has fewer than 18 bits. */
export const MIN_PACKED_BITS = 17;

/** Bytes of words of `bits` bits (17 to 32) one after the other; the last byte is padded with zeros. */
export function packedBytes(words: number, bits: number): number {
  return Math.ceil((words * bits) / 8);
}

/**
 * Packs words one after the other, least significant bit first. What a word has beyond `bits` must be zero. Words are looked at as
 * signed ones, which stay integers in V8 where unsigned ones can become floating-point numbers.
 */
export function packWords(words: Uint32Array, bits: number): Uint8Array {
  const bytes = packedBytes(words.length, bits);
  const from = new Int32Array(words.buffer, words.byteOffset, words.length);
  const packed = new Int32Array(Math.ceil(bytes / 4));
  let held = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < from.length; i++) {
    const word = from[i] ?? 0;
    held |= word << count;
    const above = 32 - count;
    count += bits;
    if (count < 32) continue;
    packed[at++] = held;
    // A shift by 32 shifts by nothing.
    held = above === 32 ? 0 : word >>> above;
    count -= 32;
  }
  if (count > 0) packed[at] = held;
  return new Uint8Array(packed.buffer, 0, bytes);
}

/** Reads single words of `bits` bits, by their index. A byte that is not there is 0. */
export function packedReader(bytes: Uint8Array, bits: number): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const mask = 2 ** bits - 1;
  // A word and the bits before it lie in five bytes.
  const last = bytes.length - 5;
  const shifted = (low: number, next: number, shift: number): number =>
    (((low >>> shift) | (shift === 0 ? 0 : next << (32 - shift))) & mask) >>> 0;
  return (index) => {
    const position = index * bits;
    const at = Math.floor(position / 8);
    const shift = position & 7;
    if (at <= last) return shifted(view.getUint32(at, true), view.getUint8(at + 4), shift);
    const byte = (k: number): number => bytes[at + k] ?? 0;
    return shifted(byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24), byte(4), shift);
  };
}

/** Reads `count` words back. A byte that is not there is 0. */
export function unpackWords(bytes: Uint8Array, count: number, bits: number): Uint32Array {
  const length = packedBytes(count, bits);
  // One more than they take, for the word behind the last.
  const packed = new Int32Array(Math.ceil(length / 4) + 1);
  new Uint8Array(packed.buffer).set(bytes.subarray(0, length));
  const words = new Int32Array(count);
  const mask = (2 ** bits - 1) | 0;
  let low = packed[0] ?? 0;
  let at = 0;
  let shift = 0;
  for (let i = 0; i < count; i++) {
    let word = low >>> shift;
    const above = 32 - shift;
    shift += bits;
    if (shift >= 32) {
      low = packed[++at] ?? 0;
      // A shift by 32 shifts by nothing: there is none of the next word then.
      if (above < bits) word |= low << above;
      shift -= 32;
    }
    words[i] = word & mask;
  }
  return new Uint32Array(words.buffer);
}
