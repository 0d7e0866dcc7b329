export { type EncryptDatasetOptions, type EncryptedDataset, encryptDataset } from './encrypt-dataset.js';
