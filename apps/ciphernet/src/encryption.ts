import type { BlobStore } from '@ciphernet/blobs';
import type { Configuration } from '@ciphernet/configuration';
import { type EncryptDatasetOptions, type EncryptedDataset, encryptDataset } from '@ciphernet/producer';
import type { ProgressBoard } from './progress.js';
import { passphraseFromEnvironment } from './session.js';

type Choices = Pick<
  EncryptDatasetOptions,
  'dataset' | 'source' | 'transform' | 'parameters' | 'inputScale' | 'mode' | 'keys'
>;

/** Encrypts a dataset on all cores into this process's store, showing its progress. */
export async function encryptWithProgress(
  context: { readonly configuration: Configuration; readonly blobs: BlobStore; readonly signal: AbortSignal },
  board: ProgressBoard,
  choices: Choices,
): Promise<EncryptedDataset> {
  const { configuration, blobs, signal } = context;
  const progress = board.start('encrypt', 'images');
  const encrypted = await encryptDataset({
    ...choices,
    passphrase: passphraseFromEnvironment(),
    blobs,
    clientFolder: configuration.clientFolder,
    threads: configuration.cores,
    signal,
    onProgress: (done, total) => progress.update(done, total),
  });
  progress.finish(`${choices.dataset.count} images in ${encrypted.seconds.toFixed(1)} s`);
  return encrypted;
}
