import { createHash } from 'node:crypto';

/** Chunks that are hashed as they pass. */
export interface HashedChunks {
  readonly chunks: AsyncGenerator<Uint8Array>;
  /** What has passed: SHA-256 as 64 hex digits, and bytes. Once, when all has. */
  sum(): { readonly digest: string; readonly bytes: number };
}

/** Hashes and counts chunks on their way to whoever writes them. */
export function hashing(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): HashedChunks {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* passOn(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { chunks: passOn(), sum: () => ({ digest: hash.digest('hex'), bytes }) };
}
