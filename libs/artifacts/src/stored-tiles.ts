import { closeSync, openSync } from 'node:fs';
import type { BatchHeader } from './batch-header.js';
import { WORD_BYTES, tileWords } from './batch-layout.js';
import { readParts } from './read-file.js';
import { unseeded } from './unseeded.js';

/** A batch that is read piece by piece: one (prime, tile) at a time, so memory does not grow with the shard. */
export interface TileReader {
  /** Of the residues that are read: without a seed, since the second components are there. */
  readonly header: BatchHeader;
  /**
   * Reads the residues of a tile, [component][ciphertext][coefficient], and of those behind it, as many as fill `target`.
   * Their range is not checked here: an engine does it in the pass that it makes over them anyway.
   */
  readTiles(primeIndex: number, tile: number, target: Uint32Array): void;
}

/** What a file holds, as its header was parsed: another thread of the process opens it by this, and need not parse it again. */
export interface StoredBatch {
  readonly path: string;
  /** With its seed, if it has one. */
  readonly header: BatchHeader;
  readonly bodyOffset: number;
}

/**
 * Reads tiles of an open file.
 *
 * @param onRead is told of all bytes that are read, and where they stand
 */
export function tilesOf(
  file: number,
  { path, header, bodyOffset }: StoredBatch,
  onRead?: (position: number, bytes: Uint8Array) => void,
): TileReader {
  const words = tileWords(header);
  const tiles = header.ringDegree / header.tile;
  const view = unseeded(header);
  return {
    header: view.header,
    readTiles(primeIndex, tile, target) {
      view.readTiles(primeIndex, tile, target, (parts) => {
        const bytes = parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
        let position = bodyOffset + (primeIndex * tiles + tile) * words * WORD_BYTES;
        readParts(file, bytes, position, path);
        if (onRead === undefined) return;
        for (const part of bytes) {
          onRead(position, part);
          position += part.length;
        }
      });
    },
  };
}

/** Opens a file that another thread has open, and verifies. */
export function openStoredTiles(stored: StoredBatch): TileReader & Disposable {
  const file = openSync(stored.path, 'r');
  return { ...tilesOf(file, stored), [Symbol.dispose]: () => closeSync(file) };
}
