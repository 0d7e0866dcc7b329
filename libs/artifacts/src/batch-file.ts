import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { IntegrityError } from '@ciphernet/foundation';
import { HEADER_READ_BYTES, parseHeader } from './batch-header.js';
import { bodyWords, tileWords } from './batch-layout.js';
import { hashRange, readFully } from './read-file.js';
import { type Batch, batchFromBytes, checkResidues } from './residues.js';
import { type StoredBatch, type TileReader, tilesOf } from './stored-tiles.js';
import { unseeded } from './unseeded.js';
import { identifyFile } from './verified-files.js';

/** A batch in this thread's memory. */
export interface BatchMemory extends TileReader, Disposable {
  readonly kind: 'memory';
}

/** Where an engine reads a shard from; a file can be opened by other threads as well. */
export type BatchSource = BatchMemory | BatchFile;

/** A batch in a file whose digest is verified along with reading it. */
export interface BatchFile extends TileReader, Disposable {
  readonly kind: 'file';
  /** What the second components were expanded from, 64 hex digits. */
  readonly seed?: string;
  /** What other threads open it by. */
  readonly stored: StoredBatch;
  /**
   * Holds the whole file against the digest that it was opened with; call it before anything made of the batch is used. Costs no second pass when every tile was read once in order, and nothing when this thread has verified the same
   * file before and it was not touched since.
   *
   * @param actual the whole file's SHA-256, where another thread has read it since it was opened
   */
  verify(actual?: string): void;
  /** True when the file need not be hashed: it was, and has not been touched since. */
  readonly wasVerified: boolean;
}

/** Hashes a file's pieces as they are read in order from its start; what was read by others is hashed at the end. */
function runningDigest(start: Uint8Array): {
  readonly read: (position: number, bytes: Uint8Array) => void;
  /** Reads what is left. @returns the whole file's SHA-256, and whether every byte of it passed through `read` */
  readonly finish: (file: number, total: number, path: string) => { digest: string; readInOrder: boolean };
} {
  const hash = createHash('sha256').update(start);
  let next = start.length;
  return {
    read(position, bytes) {
      if (position !== next) return;
      hash.update(bytes);
      next += bytes.length;
    },
    finish(file, total, path) {
      const readInOrder = next === total;
      hashRange(hash, file, next, total, path);
      return { digest: hash.digest('hex'), readInOrder };
    },
  };
}

/**
 * Opens a batch in a file. Header and length are checked here.
 *
 * @param digest SHA-256 that {@link BatchFile.verify} holds the file against; without it, the caller has verified it
 * @param isHashedApart true where another thread hashes the file, and nothing is hashed along with reading
 * @throws IntegrityError for a header or length that is wrong, and for words that are not of 32 bits
 */
export function openBatchFile(path: string, digest?: string, isHashedApart = false): BatchFile {
  const file = openSync(path, 'r');
  try {
    const identity = identifyFile(file);
    const size = identity.bytes;
    const start = new Uint8Array(Math.min(HEADER_READ_BYTES, size));
    readFully(file, start, 0, path);
    const stored = { path, ...parseHeader(start, size, path) };
    const { header, bodyOffset } = stored;
    if (header.wordBits !== 32) throw new IntegrityError('only batches of 32-bit words are streamed', { where: path });
    const wasVerified = digest !== undefined && identity.isVerified(digest);
    const isRead = digest === undefined || wasVerified || isHashedApart;
    const running = isRead ? undefined : runningDigest(start.subarray(0, bodyOffset));
    return {
      kind: 'file',
      ...tilesOf(file, stored, running?.read),
      ...(header.seed === undefined ? {} : { seed: header.seed }),
      stored,
      wasVerified,
      verify(actual) {
        if (digest === undefined) return;
        const apart = actual === undefined ? undefined : { digest: actual, readInOrder: false };
        if (isHashedApart && !wasVerified && apart === undefined)
          throw new RangeError('the digest of another thread is missing');
        const finished = running?.finish(file, size, path) ?? apart;
        // Bytes that another thread read, or that were hashed in an earlier pass, are these only if nothing changed since.
        if (finished?.readInOrder !== true && !identity.isUnchanged()) {
          throw new IntegrityError('the file was changed while it was read', { where: path, hint: 'evaluate again' });
        }
        if (finished === undefined) return;
        if (finished.digest !== digest) {
          throw new IntegrityError(`blob ${digest} holds other bytes: their sha256 is ${finished.digest}`, {
            where: path,
            hint: 'the store changed it: delete it and make it again',
          });
        }
        identity.remember(digest);
      },
      [Symbol.dispose]: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** A batch in memory as a source. */
export function batchSource(batch: Batch): BatchMemory {
  const words = tileWords(batch.header);
  const tiles = batch.header.ringDegree / batch.header.tile;
  return {
    kind: 'memory',
    header: batch.header,
    readTiles(primeIndex, tile, target) {
      const from = (primeIndex * tiles + tile) * words;
      target.set(batch.residues.subarray(from, from + target.length));
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** Reads a source whole. @throws IntegrityError for a residue that is not below its prime */
export function readBatch(source: BatchSource, where: string): Batch {
  const { header } = source;
  const words = tileWords(header);
  const tiles = header.ringDegree / header.tile;
  const residues = new Uint32Array(header.primes.length * tiles * words);
  header.primes.forEach((prime, primeIndex) => {
    const piece = residues.subarray(primeIndex * tiles * words, (primeIndex + 1) * tiles * words);
    source.readTiles(primeIndex, 0, piece);
    checkResidues(piece, prime, where);
  });
  return { header, residues };
}

/**
 * Parses a whole batch in memory; second components that come from a seed are there.
 *
 * @throws IntegrityError for damage of any kind; `where` names the batch
 */
export function parseBatch(bytes: Uint8Array, where: string): Batch {
  const stored = batchFromBytes(bytes, parseHeader(bytes.subarray(0, HEADER_READ_BYTES), bytes.length, where), where);
  if (stored.header.seed === undefined) return stored;
  const { header, readTiles } = unseeded(stored.header);
  const residues = new Uint32Array(bodyWords(header));
  const perPrime = stored.residues.length / header.primes.length;
  header.primes.forEach((_prime, primeIndex) => {
    const piece = residues.subarray(2 * primeIndex * perPrime, 2 * (primeIndex + 1) * perPrime);
    readTiles(primeIndex, 0, piece, (parts) => {
      let at = primeIndex * perPrime;
      for (const part of parts) part.set(stored.residues.subarray(at, (at += part.length)));
    });
  });
  return { header, residues };
}
