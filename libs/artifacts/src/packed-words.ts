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

/** The word of `bits` bits at an index. */
export function packedWordAt(bytes: Uint8Array, index: number, bits: number): number {
  const position = index * bits;
  const at = Math.floor(position / 8);
  const shift = position & 7;
  const low =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  const above = shift === 0 ? 0 : (bytes[at + 4] ?? 0) << (32 - shift);
  return (((low >>> shift) | above) & (2 ** bits - 1)) >>> 0;
}

/** Reads `count` words back. */
export function unpackWords(bytes: Uint8Array, count: number, bits: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = packedWordAt(bytes, i, bits);
  return words;
}
