/** Images and what they were encoded to, as an attacker may hold them. */
export interface PairSet {
  readonly count: number;
  /** Values of an image, and of an encoded one. */
  readonly width: number;
  readonly encodedWidth: number;
  /** count × width bytes, 0 to 255. */
  readonly images: Uint8Array;
  /** count × encodedWidth bytes. */
  readonly encoded: Uint8Array;
}

/** The first `most` pairs, or all where there are fewer, sharing the bytes. */
export function takePairs(set: PairSet, most: number): PairSet {
  const count = Math.min(most, set.count);
  return {
    ...set,
    count,
    images: set.images.subarray(0, count * set.width),
    encoded: set.encoded.subarray(0, count * set.encodedWidth),
  };
}

/** Bytes as fractions of 255. */
export function fractionsOf(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => byte / 255);
}

/** Fractions as bytes; what is outside [0, 1] becomes its nearest. */
export function bytesOf(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(255 * value))));
}

/** Mean of each column. @param values rows × width */
export function columnMeans(values: Float32Array, width: number): Float64Array {
  const means = new Float64Array(width);
  for (let i = 0; i < values.length; i++) means[i % width]! += values[i]!;
  const rows = values.length / width;
  return means.map((sum) => sum / rows);
}
