import { createHash } from 'node:crypto';

/** SHA-256 of numbers in the machine's order of bytes, which is little-endian wherever this runs. */
export function digestOf(parts: Iterable<Float64Array | Float32Array>): string {
  const hash = createHash('sha256');
  for (const values of parts) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}
