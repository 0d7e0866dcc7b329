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
  /** How many, or those that were started ahead, which encrypting ends; without them one a core. */
  readonly threads?: number | EncryptionThreads;
}

/** Encrypts a dataset into the store on all cores, showing its progress. @param keys folder of the key files */
export async function encryptWithProgress(
  request: EncryptionRequest,
  keys: string,
  { owner, blobs, signal, board, threads = owner.cores }: OwnerTools,
): Promise<EncryptedDataset> {
  const progress = board.start('encrypt', 'examples');
  const encrypted = await encryptDataset(
    request,
    { folder: keys, passphrase: owner.passphrase },
    {
      blobs,
      identity: await openOwnerIdentity(owner),
      recordsFolder: owner.recordsFolder,
      threads,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    },
  );
  progress.finish(`${request.examples.count} examples in ${encrypted.seconds.toFixed(1)} s`);
  return encrypted;
}
