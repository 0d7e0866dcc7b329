import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { type Profile, profileNamed } from '@ciphernet/ckks';
import { type Dataset, NO_TRANSFORM, examplesOf, readFolder } from '@ciphernet/datasets';
import { openIdentity } from '@ciphernet/identity';
import { generateKeys, writeKeyFiles } from '@ciphernet/keyring';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import type { EncryptionRequest, EncryptionTools, KeyLocation } from '../src/encrypt-dataset.js';

export const SIDE = 4;

/** What an owner has: a dataset in a folder, keys, a store, a place for records. */
export interface Owner extends AsyncDisposable {
  readonly folder: string;
  readonly profile: Profile;
  readonly dataset: Dataset;
  readonly blobs: BlobStore;
  readonly keys: KeyLocation;
  readonly tools: EncryptionTools;
  readonly request: EncryptionRequest;
}

/** @param images each of 4 × 4 pixels, of two classes */
export async function createOwner(images: number): Promise<Owner> {
  const temporary = await temporaryFolder();
  const folder = temporary.path;
  const profile = profileNamed('one-square');
  const keys: KeyLocation = { folder: join(folder, 'keys'), passphrase: undefined };
  await writeKeyFiles(keys.folder, await generateKeys(profile.parameters), undefined);
  const source = join(folder, 'tiny');
  await mkdir(source);
  const pixels = Uint8Array.from({ length: images * SIDE * SIDE }, (_, i) => (i * 37 + (i >> 4) * 11) % 256);
  const labels = Uint8Array.from({ length: images }, (_, i) => i % 2);
  await writeFile(join(source, 't10k-images-idx3-ubyte'), idxFile([images, SIDE, SIDE], pixels));
  await writeFile(join(source, 't10k-labels-idx1-ubyte'), idxFile([images], labels));
  const dataset = await readFolder(source, 'test');
  const blobs = await openDirectoryStore(join(folder, 'blobs'));
  return {
    folder,
    profile,
    dataset,
    blobs,
    keys,
    tools: {
      blobs,
      identity: await openIdentity(join(folder, 'owner'), undefined),
      recordsFolder: join(folder, 'client'),
      threads: 1,
    },
    request: { examples: examplesOf(dataset, NO_TRANSFORM), source, ...profile, mode: 'public' },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
