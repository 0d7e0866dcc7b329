/** The narrowest words of the wire format. No prime has fewer than 18 bits. */
export const MIN_PACKED_BITS = 17;

/** Bytes of words of `bits` bits (17 to 32) one after the other; the last byte is padded with zeros. */
export function packedBytes(words: number, bits: number): number {
  return Math.ceil((words * bits) / 8);
}

/** Packs words one after the other, least significant bit first. */
export function packWords(words: Uint32Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(packedBytes(words.length, bits));
  // At most 7 bits are held between words; with a word's 32 they are the low 32 bits and up to 7 above them.
  let held = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    const low = held | (word << count);
    const above = count === 0 ? 0 : word >>> (32 - count);
    const whole = (count + bits) >>> 3;
    for (let shift = 0; shift < 8 * whole; shift += 8) bytes[at++] = low >>> shift;
    held = whole === 4 ? above : low >>> (8 * whole);
    count = (count + bits) & 7;
  }
  if (count > 0) bytes[at] = held;
  return bytes;
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

/** Reads `count` words back. */
export function unpackWords(bytes: Uint8Array, count: number, bits: number): Uint32Array {
  const words = new Uint32Array(count);
  const wordAt = packedReader(bytes, bits);
  for (let i = 0; i < count; i++) words[i] = wordAt(i);
  return words;
}
