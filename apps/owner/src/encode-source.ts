import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BlobStore } from '@ciphernet/blobs';
import type { ProgressBoard } from '@ciphernet/command-line';
import { NAMED_DATASETS, isOwnData, loadDataset, takeExamples } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import { createEncodingKey, readEncodingKey } from '@ciphernet/keyring';
import type { OwnerConfiguration } from '@ciphernet/owner-records';
import { type EncodedDataset, encodeDataset } from '@ciphernet/producer';

/** What is encoded, as a person says it. */
export interface EncodeChoice {
  /** Key file of an earlier encoding; a new key where it is not given. */
  readonly key?: string;
  readonly out?: string;
  /** Only the first so many. */
  readonly train?: number;
  readonly test?: number;
}

/** Where an encoding works. */
export interface EncodeTools {
  readonly owner: OwnerConfiguration;
  readonly blobs: BlobStore;
  readonly board: ProgressBoard;
  readonly signal: AbortSignal;
}

/** An absolute path of a folder, or a name. */
function sourceOf(name: string): string {
  if ((NAMED_DATASETS as readonly string[]).includes(name)) return name;
  const path = resolve(name);
  if (!existsSync(path)) {
    throw new InputError(`unknown dataset '${name}'`, {
      where: 'dataset encode',
      hint: `use ${NAMED_DATASETS.join(' or ')}, or the path of a folder with IDX files`,
    });
  }
  if (!isOwnData(path)) return path;
  throw new InputError('only grey images in IDX files are encoded, with a training and a test part', {
    where: name,
    hint: 'write them as the four files of the MNIST family; other data can be encrypted: dataset encrypt',
  });
}

/** Where a new key goes: beside the others, under a name of its own. */
const newKeyFile = (keysFolder: string): string =>
  join(keysFolder, `encoding-${new Date().toISOString().replaceAll(/[^0-9]/g, '')}.key.json`);

/**
 * Encodes a dataset with a key that it makes or is given, showing its progress.
 *
 * @returns the copy, and the key's file
 * @throws InputError for data that is no IDX images, and for a key that cannot be read
 */
export async function encodeWithProgress(
  name: string,
  choice: EncodeChoice,
  { owner, blobs, board, signal }: EncodeTools,
): Promise<EncodedDataset & { readonly keyFile: string }> {
  const source = sourceOf(name);
  const part = async (split: 'train' | 'test', most: number | undefined) => {
    const whole = await loadDataset(source, split, owner.datasetFolders);
    return takeExamples(whole, most ?? whole.count);
  };
  const [train, test] = [await part('train', choice.train), await part('test', choice.test)];
  const keyFile = choice.key === undefined ? newKeyFile(owner.keysFolder) : resolve(choice.key);
  const key =
    choice.key === undefined
      ? await createEncodingKey(keyFile, owner.passphrase)
      : await readEncodingKey(keyFile, owner.passphrase);
  const progress = board.start('encode', 'images');
  const encoded = await encodeDataset(
    { train, test, source },
    {
      blobs,
      key,
      keyFile,
      encodedFolder: owner.encodedFolder,
      ...(choice.out === undefined ? {} : { out: resolve(choice.out) }),
      signal,
      onProgress: (done, total) => progress.update(done, total),
    },
  );
  progress.finish(`${train.count + test.count} images in ${encoded.seconds.toFixed(1)} s`);
  return { ...encoded, keyFile };
}
