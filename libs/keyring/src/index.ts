export { type DecryptedResult, type ResultDecryptor, createResultDecryptor } from './decrypt.js';
export {
  type EncryptedShard,
  type EncryptionPool,
  type EncryptionStart,
  type PlainShard,
  type ShardOptions,
  createEncryptionPool,
} from './encryption-pool.js';
export { type EncryptorName, ENCRYPTOR_NAMES } from './encryption-task.js';
export { generateKeys } from './generate.js';
export {
  type PublicKeyFile,
  type SecretKeyFile,
  PUBLIC_KEY_FILE,
  SECRET_KEY_FILE,
  assertKeyPair,
  assertNotExpired,
  assertSameKey,
  fingerprintOf,
  hasKeyFiles,
  readPublicKey,
  readSecretKey,
  writeKeyFiles,
} from './key-files.js';
