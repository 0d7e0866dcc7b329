import { threadKernels } from './thread-kernels.js';

/** The narrowest words of the wire format. No prime has fewer than 18 bits. */
export const MIN_PACKED_BITS = 17;

/** Bytes of words of `bits` bits (17 to 32) one after the other; the last byte is padded with zeros. */
export function packedBytes(words: number, bits: number): number {
  return Math.ceil((words * bits) / 8);
}

/** Words that are packed or unpacked at a time; a multiple of 32, so that every piece but the last ends with a whole word of 32 bits. */
const PIECE = 2 ** 14;

/** Where this thread packs, piece by piece: pointers to 4 * {@link PIECE} bytes each, which stay in the second cache. */
let room: { readonly words: number; readonly packed: number } | undefined;

function roomOfThread() {
  const kernels = threadKernels();
  const at = (room ??= { words: kernels.allocate(4 * PIECE), packed: kernels.allocate(4 * PIECE) });
  const memory = kernels.u32();
  return {
    kernels,
    at,
    unpacked: memory.subarray(at.words / 4, at.words / 4 + PIECE),
    packed: new Uint8Array(memory.buffer, at.packed, 4 * PIECE),
  };
}

/** Packs words one after the other, least significant bit first. What a word has beyond `bits` must be zero. */
export function packWords(words: Uint32Array, bits: number): Uint8Array {
  const target = new Uint8Array(packedBytes(words.length, bits));
  const { kernels, at, unpacked, packed } = roomOfThread();
  for (let from = 0, to = 0; from < words.length; from += PIECE) {
    const piece = words.subarray(from, from + PIECE);
    unpacked.set(piece);
    kernels.packWords(at.words, piece.length, bits, at.packed);
    const bytes = packedBytes(piece.length, bits);
    target.set(packed.subarray(0, bytes), to);
    to += bytes;
  }
  return target;
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
  const target = new Uint32Array(count);
  const { kernels, at, unpacked, packed } = roomOfThread();
  for (let to = 0, from = 0; to < count; to += PIECE) {
    const length = Math.min(PIECE, count - to);
    const piece = bytes.subarray(from, from + packedBytes(length, bits));
    packed.set(piece);
    packed.fill(0, piece.length, 4 * Math.ceil((length * bits) / 32));
    kernels.unpackWords(at.packed, length, bits, at.words);
    target.set(unpacked.subarray(0, length), to);
    from += packedBytes(length, bits);
  }
  return target;
}
