/** A decoded image, as its file has it: nothing is rotated, colour-managed or resized. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  /** 1: grey, 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Bits of a value: 0 to 255, or 0 to 65,535. */
  readonly depth: 8 | 16;
  /** height × width × channels, row-major, channels innermost. */
  readonly values: Uint8Array | Uint16Array;
}

/** What a file may ask for before anything is decoded. */
export interface DecodeLimits {
  /** Of either side, in pixels. */
  readonly maxSide: number;
  /** Of the file. */
  readonly maxBytes: number;
}

/**
 * Above any image that is still reduced to something that can be evaluated encrypted. At both limits a decoder holds 1 GiB
 * (16 bytes a pixel: samples of 16-bit RGBA as the file has them, and the values made of them).
 */
export const DECODE_LIMITS: DecodeLimits = Object.freeze({ maxSide: 8192, maxBytes: 64 * 2 ** 20 });

/** What a header says, before memory is taken for it. */
export interface DecodePlan {
  /** Bytes that `decode` holds at most, its result included. */
  readonly memory: number;
  readonly decode: () => Promise<Pixels>;
}
