import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Arrangement, SEED_BYTES, arrange } from '@ciphernet/arrangement';
import {
  type BatchHeader,
  DATASETS,
  DATASET_OWNERS,
  type DatasetManifest,
  type ShardEntry,
  batchChunks,
  manifestToBytes,
} from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type CkksParameters, type EncryptionMode, assertSecure } from '@ciphernet/ckks';
import { type Examples, type OwnReading, outputsOf } from '@ciphernet/datasets';
import type { Identity } from '@ciphernet/identity';
import {
  type EncryptedShard,
  type EncryptionPool,
  type EncryptionThreads,
  type EncryptorName,
  createEncryptionPool,
  encryptRows,
  readEncryptionKey,
  startEncryptionThreads,
} from '@ciphernet/keyring';
import { writeDatasetRecord } from '@ciphernet/owner-records';

/** What is encrypted, and how. */
export interface EncryptionRequest {
  readonly examples: Examples;
  /** Name or absolute path, for the collector to find the targets again. */
  readonly source: string;
  /** How they are read from there, where the name alone does not say it. */
  readonly reading?: OwnReading;
  /** Values that a model gives an example; without it one a class. */
  readonly outputs?: number;
  readonly parameters: CkksParameters;
  readonly inputScale: number;
  readonly mode: EncryptionMode;
  /** Ours by default; SEAL's gives the same, a dozen times slower. */
  readonly encryptor?: EncryptorName;
  /** Manifest of the same examples under earlier keys. */
  readonly replaces?: string;
}

/** The owner's key files. */
export interface KeyLocation {
  readonly folder: string;
  readonly passphrase: string | undefined;
}

/** Where the work is done and its results go. */
export interface EncryptionTools {
  readonly blobs: BlobStore;
  /** Signs the manifest as its owner's. */
  readonly identity: Identity;
  /** Where the owner's record goes. */
  readonly recordsFolder: string;
  /** How many, or those that were started ahead: encrypting ends them. */
  readonly threads: number | EncryptionThreads;
  readonly signal?: AbortSignal;
  /** Slots encrypted, of all in use: examples, their twins, zeros. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** An encrypted dataset in the store. */
export interface EncryptedDataset {
  readonly digest: string;
  readonly manifest: DatasetManifest;
  /** Without what threads that were started ahead took to load. */
  readonly seconds: number;
}

/** Encrypts the slots of the arrangement, shard by shard. */
function encryptShards(
  request: EncryptionRequest,
  tools: EncryptionTools,
  pool: EncryptionPool,
  fingerprint: string,
  arrangement: Arrangement,
): Promise<ShardEntry[]> {
  const { examples, parameters, inputScale } = request;
  const rows = {
    count: arrangement.order.length,
    width: examples.features.width,
    async readInto(from: number, target: Float32Array) {
      const { features } = examples;
      await features.gather(arrangement.order.subarray(from, from + target.length / features.width), target);
    },
  };
  const { signal, onProgress } = tools;
  const set = {
    parameters,
    keyFingerprint: fingerprint,
    inputScale,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  return encryptRows(pool, rows, set, (header, shard) => writeShard(tools.blobs, header, shard));
}

/** Stores a shard and the digests of its positions. */
async function writeShard(blobs: BlobStore, header: BatchHeader, shard: EncryptedShard): Promise<ShardEntry> {
  const { digest, bytes } = await blobs.put(yieldingChunks(batchChunks(header, shard.residues)));
  const positions = await blobs.put(await shard.positions);
  return { digest, bytes, images: header.images, positions: positions.digest };
}

async function* yieldingChunks(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

/**
 * Encrypts a dataset, stores shards and manifest, and keeps the owner's record.
 *
 * @throws InputError for keys of other parameters or an insecure set; nothing half-written stays behind
 */
export async function encryptDataset(
  request: EncryptionRequest,
  keys: KeyLocation,
  tools: EncryptionTools,
): Promise<EncryptedDataset> {
  const { examples, parameters, mode } = request;
  assertSecure(parameters, `dataset ${examples.name}`);
  // They load while the key is read.
  await using threads = typeof tools.threads === 'number' ? startEncryptionThreads(tools.threads) : tools.threads;
  const key = await readEncryptionKey(keys.folder, { mode, parameters, passphrase: keys.passphrase });
  const seed = randomBytes(SEED_BYTES);
  const arrangement = arrange(examples.count, seed);
  const started = performance.now();
  await using pool = await createEncryptionPool(
    { parameters, mode, key: key.bytes, ...(request.encryptor === undefined ? {} : { encryptor: request.encryptor }) },
    threads,
  );
  // The pool has it in its own memory, which it zeroes.
  key.bytes.fill(0);
  const shards = await encryptShards(request, tools, pool, key.fingerprint, arrangement);
  const seconds = (performance.now() - started) / 1000;
  const manifest: DatasetManifest = {
    name: examples.name,
    split: examples.split,
    ...examples.shape,
    classes: request.outputs ?? outputsOf(examples.task),
    transform: examples.transform,
    features: examples.features.width,
    images: arrangement.order.length,
    parameters,
    inputScale: request.inputScale,
    mode,
    keyFingerprint: key.fingerprint,
    shards,
  };
  const { digest } = await tools.blobs.put(manifestToBytes(manifest));
  await DATASETS.set(tools.blobs, digest, { name: manifest.name });
  await DATASET_OWNERS.sign(tools.blobs, digest, tools.identity);
  await writeDatasetRecord(tools.recordsFolder, {
    version: 3,
    manifest: digest,
    dataset: request.source,
    split: examples.split,
    images: examples.count,
    labels: examples.targetsDigest,
    ...(request.reading === undefined ? {} : { reading: request.reading }),
    arrangement: seed.toString('hex'),
    keys: resolve(keys.folder),
    encryptSeconds: seconds,
    publicKeyBytes: key.publicBytes,
    ...(request.replaces === undefined ? {} : { replaces: request.replaces }),
  });
  return { digest, manifest, seconds };
}
