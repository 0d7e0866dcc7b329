import { type Hash, createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, readvSync } from 'node:fs';
import { IntegrityError } from '@ciphernet/foundation';

/** Bytes that are hashed at a time: they stay in a core's second cache. */
const CHUNK_BYTES = 256 * 1024;

/** Fills `target` from a file. @throws IntegrityError where the file ends before */
export function readFully(file: number, target: Uint8Array, position: number, where: string): void {
  let done = 0;
  while (done < target.length) {
    const read = readSync(file, target, done, target.length - done, position + done);
    if (read === 0) throw new IntegrityError('the file became shorter while it was read', { where });
    done += read;
  }
}

/** Parts that are read in one call: systems take 1,024 at most. */
const MOST_PARTS = 512;

/** Fills parts, one after the other, from a file. @throws IntegrityError where the file ends before */
export function readParts(file: number, parts: readonly Uint8Array[], position: number, where: string): void {
  for (let from = 0; from < parts.length; from += MOST_PARTS) {
    const some = parts.slice(from, from + MOST_PARTS);
    let read = readvSync(file, some, position);
    for (const part of some) {
      // What one call did not give.
      if (read < part.length) readFully(file, part.subarray(read), position + read, where);
      read = Math.max(0, read - part.length);
      position += part.length;
    }
  }
}

/** Hashes a file's bytes from `position` to `end`. @throws IntegrityError where the file ends before */
export function hashRange(hash: Hash, file: number, position: number, end: number, where: string): void {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let at = position; at < end; at += chunk.length) {
    const piece = chunk.subarray(0, Math.min(chunk.length, end - at));
    readFully(file, piece, at, where);
    hash.update(piece);
  }
}

/** SHA-256 of a file, in hex. */
export function hashFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    hashRange(hash, file, 0, fstatSync(file).size, path);
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}
