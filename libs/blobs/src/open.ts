import type { BlobStore } from './blob-store.js';
import { openDirectoryStore } from './directory-store.js';
import { type LocalCacheOptions, withLocalCache } from './local-cache.js';

/** The store that the environment chooses: S3 when an address is given, a directory otherwise. */
export async function openBlobStore(options: {
  readonly blobUrl?: string | undefined;
  readonly blobFolder: string;
  /** Local copies of a remote store's blobs. */
  readonly blobCache?: LocalCacheOptions | undefined;
}): Promise<BlobStore> {
  if (options.blobUrl === undefined) return openDirectoryStore(options.blobFolder);
  // The SDK takes a good part of a second to load: only for those who use it.
  const { openS3Store } = await import('./s3-store.js');
  const store = await openS3Store(options.blobUrl);
  return options.blobCache === undefined ? store : withLocalCache(store, options.blobCache);
}
