export { digestSchema, isDigest, sha256Hex } from './digest.js';
export { elementAt, lastOf } from './element.js';
export { type EncodedError, decodeError, encodeError, errorFromLine, errorToLine } from './error-codec.js';
export {
  type ErrorContext,
  DeviceError,
  EvaluationError,
  InputError,
  IntegrityError,
  UnavailableError,
  UnsupportedError,
  asError,
  exitCodeOf,
  nameOf,
  isUnrecoverable,
  messageOf,
  printable,
} from './errors.js';
export { type PlainFile, type WriteOptions, readIfThere, readPlain, writeOnce, writeWhole } from './files.js';
export { type FolderOptions, writeFolder } from './folders.js';
export { type HashedChunks, hashing } from './hashing.js';
export { WRITE_BYTES, writeInTurn } from './in-turn.js';
export { median } from './median.js';
export { parseJson, parseOrThrow } from './parse.js';
export { settleAll } from './settle.js';
export { shuffle, uniformBelow } from './shuffle.js';
