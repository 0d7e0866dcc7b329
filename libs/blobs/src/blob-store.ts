import type { Readable } from 'node:stream';
import { IntegrityError } from '@ciphernet/foundation';

/** Bytes of a reference's text: whoever writes to a store could have a longer one read for ever. */
export const MOST_REF_BYTES = 2 ** 20;

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

/** How a blob is fetched into a file. */
export interface LocalOptions {
  /** False for a caller that verifies while it reads. Default true. */
  readonly verify?: boolean;
  /** A longer one is not fetched: a store may say any length. */
  readonly maxBytes?: number;
}

/**
 * A content-addressed store, and small named references into it (`results/<key>`: what was computed already).
 * Every read verifies the digest; a blob appears whole or not at all.
 */
export interface BlobStore {
  /** For messages and reports: `directory /path` or `s3://bucket/prefix`. */
  readonly description: string;
  /** Stores the content under its digest; storing the same again changes nothing. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobRef>;
  /** True when the blob is there; its content is not read. */
  has(digest: string): Promise<boolean>;
  /**
   * Whole content, for small blobs.
   *
   * @param maxBytes default {@link MAX_SMALL_BLOB}
   * @param room to read into, where it is large enough and the store can: for a caller that reads one blob after another
   * @throws IntegrityError when it is missing, larger than `maxBytes`, or holds other bytes
   */
  get(digest: string, maxBytes?: number, room?: Uint8Array): Promise<Uint8Array>;
  /**
   * The content as a stream that fails at its end when the digest is wrong.
   *
   * @throws IntegrityError when it is missing, or larger than `maxBytes`
   */
  stream(digest: string, maxBytes?: number): Promise<Readable>;
  /**
   * The content as a local file whose digest has been verified; or not yet, for a caller that verifies it while it
   * reads it (`verify: false`).
   *
   * @throws IntegrityError when it is missing, larger than `maxBytes`, or verified and of other bytes
   */
  local(digest: string, options?: LocalOptions): Promise<LocalBlob>;
  /** Points a name at a small text, atomically; the last writer wins. `refFamily` gives it a schema. */
  setRef(name: string, text: string): Promise<void>;
  /** The text that a name points at; undefined when there is none of that name. */
  getRef(name: string): Promise<string | undefined>;
  /** Names below a prefix, sorted. */
  listRefs(prefix: string): Promise<string[]>;
}

/** @throws IntegrityError for a blob of more bytes than are expected */
export function assertSize(digest: string, bytes: number, maxBytes: number, where: string): void {
  if (bytes <= maxBytes) return;
  throw new IntegrityError(`blob ${digest} has ${bytes} bytes, at most ${maxBytes} are expected`, { where });
}

/** Most bytes of blobs that are read whole: manifests, circuits, models. Shards are streamed. */
export const MAX_SMALL_BLOB = 256 * 2 ** 20;
