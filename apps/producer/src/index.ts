export {
  type EncryptedDataset,
  type EncryptionRequest,
  type EncryptionTools,
  type KeyLocation,
  encryptDataset,
} from './encrypt-dataset.js';
