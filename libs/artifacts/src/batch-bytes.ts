import { WRITE_BYTES } from '@ciphernet/foundation';
import { type BatchHeader, encodeHeader } from './batch-header.js';
import { packWords } from './packed-words.js';

/** Bytes of residues without copying them. */
function residueBytes(residues: Uint32Array): Uint8Array {
  return new Uint8Array(residues.buffer, residues.byteOffset, residues.byteLength);
}

/** A batch as chunks, one for each write: header, then the body. */
export function* batchChunks(header: BatchHeader, residues: Uint32Array): Generator<Uint8Array> {
  const body = header.wordBits === 32 ? residueBytes(residues) : packWords(residues, header.wordBits);
  yield encodeHeader(header);
  for (let at = 0; at < body.length; at += WRITE_BYTES) yield body.subarray(at, at + WRITE_BYTES);
}

/** A batch in one piece. */
export function batchToBytes(header: BatchHeader, residues: Uint32Array): Uint8Array {
  return Buffer.concat([...batchChunks(header, residues)]);
}
