export { type BlobRef, type BlobStore, type LocalBlob, MAX_SMALL_BLOB } from './blob-store.js';
export { openDirectoryStore } from './directory-store.js';
export { openBlobStore } from './open.js';
export { type RefFamily, refFamily } from './ref-family.js';
