import type { BlobStore } from './blob-store.js';
import { openDirectoryStore } from './directory-store.js';

/** The store that the environment chooses: S3 when an address is given, a directory otherwise. */
export async function openBlobStore(options: {
  readonly blobUrl?: string | undefined;
  readonly blobFolder: string;
}): Promise<BlobStore> {
  if (options.blobUrl === undefined) return openDirectoryStore(options.blobFolder);
  // The SDK takes a good part of a second to load: only for those who use it.
  const { openS3Store } = await import('./s3-store.js');
  return openS3Store(options.blobUrl);
}
