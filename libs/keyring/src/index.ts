export { type DecryptedResult, type ResultDecryptor, createResultDecryptor } from './decrypt.js';
export { type EncryptionPool, type PlainShard, createEncryptionPool } from './encryption-pool.js';
export { generateKeys } from './generate.js';
export {
  type PublicKeyFile,
  type SecretKeyFile,
  PUBLIC_KEY_FILE,
  SECRET_KEY_FILE,
  assertKeyPair,
  assertSameKey,
  fingerprintOf,
  hasKeyFiles,
  readPublicKey,
  readSecretKey,
  writeKeyFiles,
} from './key-files.js';
