export { type EncodedDataset, type EncodingRequest, encodeDataset } from './encode-dataset.js';
export {
  type EncryptedDataset,
  type EncryptionRequest,
  type EncryptionTools,
  type KeyLocation,
  encryptDataset,
} from './encrypt-dataset.js';
