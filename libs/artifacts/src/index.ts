export { batchChunks, batchToBytes } from './batch-bytes.js';
export {
  type BatchFile,
  type BatchMemory,
  type BatchSource,
  batchSource,
  openBatchFile,
  parseBatch,
  readBatch,
} from './batch-file.js';
export {
  type BatchEntry,
  type BatchList,
  readBatchBytes,
  readBatchList,
  writeBatchFile,
  writeBatchList,
} from './batch-folder.js';
export { type BatchHeader, HEADER_READ_BYTES, encodeHeader, parseHeader } from './batch-header.js';
export { WORD_BYTES, bodyBytes, tileWords } from './batch-layout.js';
export {
  type DatasetManifest,
  type ShardEntry,
  MOST_COMPONENTS,
  fetchManifest,
  manifestFromBytes,
  manifestToBytes,
  mostResultBytes,
} from './manifest.js';
export { imaginaryPart, imaginaryUnit, pairValues, travellingShape } from './paired-values.js';
export { type Batch, type BatchLayout, assertBelow, batchFromBytes, checkResidues, rowOffset } from './residues.js';
export { type PackedResult, openPackedResult, resultToBytes } from './result-bytes.js';
export {
  type ResultSample,
  type SampledPositions,
  arePositionsOf,
  digestOfSample,
  sampleOfResult,
} from './result-sample.js';
export { hashFile } from './read-file.js';
export { type StoredBatch, type TileReader, openStoredTiles } from './stored-tiles.js';
export {
  type ExpansionRoom,
  type MaskExpander,
  EXPANSION_BYTES,
  SEED_BYTES,
  createMaskExpander,
} from './seeded-mask.js';
export { AUDITED_TILE, type ShardLayout, shardHeader } from './shard-header.js';
export { type StoredImages, storedImagesFromBytes, storedImagesToBytes } from './stored-images.js';
export { DATASETS, MODELS, PUBLISHED } from './refs.js';
export { DATASET_OWNERS, MODEL_OWNERS } from './owners.js';
export { type EngineChoice, type EngineName, DEFAULT_ENGINE, ENGINE_CHOICES, ENGINE_NAMES } from './engine-names.js';
export {
  checkColumn,
  checkList,
  columnWords,
  digestColumn,
  positionDigests,
  positionListBytes,
  putSeed,
} from './position-digests.js';
