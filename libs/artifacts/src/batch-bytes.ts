import { createHash } from 'node:crypto';
import { type BatchHeader, encodeHeader } from './batch-header.js';
import { packWords } from './packed-words.js';

/** Bytes of residues without copying them. */
function residueBytes(residues: Uint32Array): Uint8Array {
  return new Uint8Array(residues.buffer, residues.byteOffset, residues.byteLength);
}

/** How much of a body is hashed or written at a time: large enough to stream, small enough to keep timers alive. */
const CHUNK_BYTES = 8 * 2 ** 20;

/**
 * A batch as chunks: header with the body's digest, then the body. The body is hashed first, so the header can lead.
 */
export function* batchChunks(header: Omit<BatchHeader, 'bodyDigest'>, residues: Uint32Array): Generator<Uint8Array> {
  const body = header.wordBits === 32 ? residueBytes(residues) : packWords(residues, header.wordBits);
  const hash = createHash('sha256');
  for (let at = 0; at < body.length; at += CHUNK_BYTES) hash.update(body.subarray(at, at + CHUNK_BYTES));
  yield encodeHeader({ ...header, bodyDigest: hash.digest('hex') });
  for (let at = 0; at < body.length; at += CHUNK_BYTES) yield body.subarray(at, at + CHUNK_BYTES);
}

/** A batch in one piece. */
export function batchToBytes(header: Omit<BatchHeader, 'bodyDigest'>, residues: Uint32Array): Uint8Array {
  return Buffer.concat([...batchChunks(header, residues)]);
}
