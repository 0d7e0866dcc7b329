import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { IntegrityError } from '@ciphernet/errors';
import { type BatchHeader, HEADER_READ_BYTES, WORD_BYTES, parseHeader, tileWords } from './batch-header.js';
import { type Batch, batchFromBytes, checkResidues } from './residues.js';

/** A batch that is read piece by piece: one (prime, tile) at a time, so memory does not grow with the shard. */
export interface BatchSource extends Disposable {
  readonly header: BatchHeader;
  /** The file, when there is one that another thread can open. */
  readonly path?: string;
  /**
   * Reads the residues of one tile, [component][ciphertext][coefficient], into `target`.
   * Their range is not checked here: an engine does it in the pass that it makes over them anyway.
   */
  readTile(prime: number, tile: number, target: Uint32Array): void;
}

function readFully(file: number, target: Uint8Array, position: number, where: string): void {
  let done = 0;
  while (done < target.length) {
    const read = readSync(file, target, done, target.length - done, position + done);
    if (read === 0) throw new IntegrityError('the file became shorter while it was read', { where });
    done += read;
  }
}

/**
 * Opens a batch in a file. Header and length are checked here; whoever hands the file over has verified its digest
 * (the blob store does so for every local copy).
 */
export function openBatchFile(path: string): BatchSource {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const start = new Uint8Array(Math.min(HEADER_READ_BYTES, size));
    readFully(file, start, 0, path);
    const { header, bodyOffset } = parseHeader(start, size, path);
    if (header.wordBits !== 32) throw new IntegrityError('only batches of 32-bit words are streamed', { where: path });
    const words = tileWords(header);
    const tiles = header.ringDegree / header.tile;
    return {
      header,
      path,
      readTile(prime, tile, target) {
        const bytes = new Uint8Array(target.buffer, target.byteOffset, words * WORD_BYTES);
        readFully(file, bytes, bodyOffset + (prime * tiles + tile) * words * WORD_BYTES, path);
      },
      [Symbol.dispose]: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** A batch in memory as a source. */
export function batchSource(batch: Batch): BatchSource {
  const words = tileWords(batch.header);
  const tiles = batch.header.ringDegree / batch.header.tile;
  return {
    header: batch.header,
    readTile(prime, tile, target) {
      const from = (prime * tiles + tile) * words;
      target.set(batch.residues.subarray(from, from + words));
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** Reads a source whole, checking the range of every residue. */
export function readBatch(source: BatchSource, where: string): Batch {
  const { header } = source;
  const words = tileWords(header);
  const tiles = header.ringDegree / header.tile;
  const residues = new Uint32Array(header.primes.length * tiles * words);
  header.primes.forEach((modulus, prime) => {
    for (let tile = 0; tile < tiles; tile++) {
      const from = (prime * tiles + tile) * words;
      const piece = residues.subarray(from, from + words);
      source.readTile(prime, tile, piece);
      checkResidues(piece, modulus, where);
    }
  });
  return { header, residues };
}

/** Parses a whole batch in memory. */
export function parseBatch(bytes: Uint8Array, where: string): Batch {
  return batchFromBytes(bytes, parseHeader(bytes.subarray(0, HEADER_READ_BYTES), bytes.length, where), where);
}
