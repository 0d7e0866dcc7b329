export { type DecryptedResult, type ResultDecryptor, createResultDecryptor } from './decrypt.js';
export { type EncryptionPool, type EncryptionStart, createEncryptionPool } from './encryption-pool.js';
export { type EncryptionStep, ENCRYPTION_STEPS, createStepSeconds, secondsOfSteps } from './encryption-steps.js';
export { encryptCoefficients } from './encrypt-coefficients.js';
export { type SetEncryption, type SlotRows, encryptRows } from './encrypt-rows.js';
export { type EncodingKey, createEncodingKey, readEncodingKey } from './encoding-key.js';
export { type EncryptionKey, type WantedKey, readEncryptionKey } from './encryption-key.js';
export { type EncryptorName, ENCRYPTOR_NAMES } from './encryption-task.js';
export { type EncryptionThreads, startEncryptionThreads } from './encryption-threads.js';
export { type ExpectedPlan, type ExpectedShard, checkSlots, decryptResult } from './expected-result.js';
export { type EncryptedShard, type FeatureWriter, type PlainShard, type ShardOptions } from './plain-shard.js';
export { encryptionBytes } from './shard-bytes.js';
export { DEFAULT_DAYS, expiryIn } from './expiry.js';
export { generateKeys } from './generate.js';
export { type ImageEncoder, createImageEncoder } from './image-encoder.js';
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
