/** Words of `bits` bits (17 to 32) one after the other, least significant bit first; the last byte is padded with zeros. */

export function packedBytes(words: number, bits: number): number {
  return Math.ceil((words * bits) / 8);
}

export function packWords(words: Uint32Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(packedBytes(words.length, bits));
  let held = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    // At most 7 bits are held, so 39 bits at once: beyond int32, exact in a double.
    held += (words[i] ?? 0) * 2 ** count;
    count += bits;
    while (count >= 8) {
      bytes[at++] = held % 256;
      held = Math.floor(held / 256);
      count -= 8;
    }
  }
  if (count > 0) bytes[at] = held;
  return bytes;
}

export function unpackWords(bytes: Uint8Array, count: number, bits: number): Uint32Array {
  const words = new Uint32Array(count);
  const modulus = 2 ** bits;
  let held = 0;
  let have = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (have < bits) {
      held += (bytes[at++] ?? 0) * 2 ** have;
      have += 8;
    }
    words[i] = held % modulus;
    held = Math.floor(held / modulus);
    have -= bits;
  }
  return words;
}
