export {
  type BatchHeader,
  HEADER_READ_BYTES,
  WORD_BYTES,
  bodyBytes,
  encodeHeader,
  parseHeader,
  tileWords,
} from './batch-header.js';
export { type Batch, type BatchLayout, checkResidues, rowOffset } from './residues.js';
export { type BatchFile, type BatchSource, batchSource, openBatchFile, parseBatch, readBatch } from './batch-file.js';
export { type Seal, type SealContext, createSealContext, loadSeal, sealMessage } from './seal-context.js';
export { type SealResidues, ciphertextFromResidues, constantPlaintext, residuesOfCiphertext } from './seal-bytes.js';
export { type DatasetManifest, type ShardEntry, manifestFromBytes, manifestToBytes } from './manifest.js';
export { imaginaryPart, pairValues } from './paired-values.js';
export { batchChunks, batchToBytes } from './batch-bytes.js';
