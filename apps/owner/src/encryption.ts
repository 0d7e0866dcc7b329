import type { BlobStore } from '@ciphernet/blobs';
import type { ProgressBoard } from '@ciphernet/command-line';
import type { EncryptionThreads } from '@ciphernet/keyring';
import { type OwnerConfiguration, openOwnerIdentity } from '@ciphernet/owner-records';
import { type EncryptedDataset, type EncryptionRequest, encryptDataset } from '@ciphernet/producer';

/** What encrypting with progress takes besides the request. */
export interface OwnerTools {
  readonly owner: OwnerConfiguration;
  readonly blobs: BlobStore;
  readonly signal: AbortSignal;
  readonly board: ProgressBoard;
}

/**
 * Encrypts a dataset into the store on all cores, showing its progress.
 *
 * @param keys folder of the key files
 * @param started threads that were started ahead, which this ends
 */
export async function encryptWithProgress(
  request: EncryptionRequest,
  keys: string,
  { owner, blobs, signal, board }: OwnerTools,
  started?: EncryptionThreads,
): Promise<EncryptedDataset> {
  const progress = board.start('encrypt', 'examples');
  const encrypted = await encryptDataset(
    request,
    { folder: keys, passphrase: owner.passphrase },
    {
      blobs,
      identity: await openOwnerIdentity(owner),
      recordsFolder: owner.recordsFolder,
      threads: started ?? owner.cores,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    },
  );
  progress.finish(`${request.examples.count} examples in ${encrypted.seconds.toFixed(1)} s`);
  return encrypted;
}
