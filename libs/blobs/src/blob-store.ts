import type { Readable } from 'node:stream';

/** Address and size of a stored blob. */
export interface BlobRef {
  /** SHA-256 of the content, hex. */
  readonly digest: string;
  readonly bytes: number;
}

/** A blob as a local file, for readers that need random access. Dispose it when done. */
export interface LocalBlob extends AsyncDisposable {
  readonly path: string;
  readonly bytes: number;
}

/**
 * A content-addressed store, and small named references into it (`results/<key>`: what was computed already).
 * Every read verifies the digest; a blob appears whole or not at all.
 */
export interface BlobStore {
  /** For messages and reports: `directory /path` or `s3://bucket/prefix`. */
  readonly description: string;
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobRef>;
  has(digest: string): Promise<boolean>;
  /** Whole content, for small blobs; throws above `maxBytes`. */
  get(digest: string, maxBytes?: number): Promise<Uint8Array>;
  /** The content as a stream that fails at its end when the digest is wrong. */
  stream(digest: string): Promise<Readable>;
  /**
   * The content as a local file whose digest has been verified; or not yet, for a caller that verifies it while it
   * reads it (`verify: false`).
   */
  local(digest: string, options?: { readonly verify?: boolean }): Promise<LocalBlob>;
  /** Points a name at a small text, atomically; the last writer wins. `refFamily` gives it a schema. */
  setRef(name: string, text: string): Promise<void>;
  getRef(name: string): Promise<string | undefined>;
  /** Names below a prefix, sorted. */
  listRefs(prefix: string): Promise<string[]>;
}

/** Blobs that are read whole: manifests, circuits, models. Shards are streamed. */
export const MAX_SMALL_BLOB = 256 * 2 ** 20;
