import { randomBytes } from 'node:crypto';
import { type Arrangement, SEED_BYTES, arrange } from '@ciphernet/arrangement';
import {
  type BatchHeader,
  DATASETS,
  DATASET_OWNERS,
  type DatasetManifest,
  type ShardEntry,
  batchChunks,
  manifestToBytes,
  shardHeader,
} from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import {
  type CkksParameters,
  type EncryptionMode,
  assertSecure,
  describeParameters,
  parametersDigest,
  slotsOf,
} from '@ciphernet/ckks';
import { type Examples, type OwnReading, outputsOf } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import type { Identity } from '@ciphernet/identity';
import {
  type EncryptedShard,
  type EncryptionPool,
  type EncryptorName,
  assertKeyPair,
  assertNotExpired,
  assertSameKey,
  createEncryptionPool,
  readPublicKey,
  readSecretKey,
} from '@ciphernet/keyring';
import { writeDatasetRecord } from '@ciphernet/owner-records';

/** Coefficients of a tile: a group of the evaluator's, the fewest there can be, so that an auditor reads little for one position. */
const TILE = 4;

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
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Slots encrypted, of all in use: examples, their twins, zeros. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** An encrypted dataset in the store. */
export interface EncryptedDataset {
  readonly digest: string;
  readonly manifest: DatasetManifest;
  readonly seconds: number;
}

async function loadKey(
  { parameters, mode }: EncryptionRequest,
  { folder, passphrase }: KeyLocation,
): Promise<{ fingerprint: string; bytes: Uint8Array; publicBytes: number }> {
  const publicKey = await readPublicKey(folder);
  assertNotExpired(publicKey, folder);
  // The data's owner has both; the secret one decrypts what is encrypted here.
  await assertKeyPair(folder);
  if (parametersDigest(publicKey.parameters) !== parametersDigest(parameters)) {
    throw new InputError(
      `the keys were made for ${describeParameters(publicKey.parameters)}, the dataset needs ${describeParameters(parameters)}`,
      { where: folder, hint: 'make keys for these parameters with the command `keys create`' },
    );
  }
  const { fingerprint } = publicKey;
  if (mode === 'public') return { fingerprint, bytes: publicKey.bytes, publicBytes: publicKey.bytes.length };
  const secret = await readSecretKey(folder, passphrase);
  assertSameKey(secret.fingerprint, fingerprint, 'the secret key', folder);
  return { fingerprint, bytes: secret.bytes, publicBytes: 0 };
}

/** Encrypts shard by shard; one is written while the next is encrypted, so at most two are in memory. */
async function encryptShards(
  request: EncryptionRequest,
  tools: EncryptionTools,
  pool: EncryptionPool,
  fingerprint: string,
  arrangement: Arrangement,
): Promise<ShardEntry[]> {
  const { examples, parameters, inputScale } = request;
  const slots = slotsOf(parameters);
  const { width } = examples.features;
  const total = arrangement.order.length;
  const shards: ShardEntry[] = [];
  let writing: Promise<void> = Promise.resolve();
  for (let from = 0; from < total; from += slots) {
    const images = Math.min(slots, total - from);
    const features = await examples.features.gather(arrangement.order.subarray(from, from + images));
    const shard = await pool.encryptShard(
      { features, images },
      {
        scale: inputScale,
        tile: TILE,
        ...(tools.signal === undefined ? {} : { signal: tools.signal }),
        onProgress: (done, all) => tools.onProgress?.(from + Math.floor((images * done) / all), total),
      },
    );
    const header = shardHeader({
      parameters,
      keyFingerprint: fingerprint,
      ciphertexts: width,
      images,
      tile: TILE,
      scale: inputScale,
      seed: shard.seed,
    });
    await writing;
    const index = shards.length;
    shards.push({ digest: '', bytes: 0, images });
    writing = writeShard(tools.blobs, header, shard).then((entry) => void (shards[index] = { ...entry, images }));
    // Awaited in the next round; until then a failure must not count as unhandled.
    writing.catch(() => undefined);
  }
  await writing;
  return shards;
}

/** Stores a shard and the digests of its positions, and gives its memory back. */
async function writeShard(
  blobs: BlobStore,
  header: BatchHeader,
  encrypted: EncryptedShard,
): Promise<{ readonly digest: string; readonly bytes: number; readonly positions: string }> {
  using shard = encrypted;
  const { digest, bytes } = await blobs.put(yieldingChunks(batchChunks(header, shard.residues)));
  const positions = await blobs.put(shard.positions);
  return { digest, bytes, positions: positions.digest };
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
  const key = await loadKey(request, keys);
  const seed = randomBytes(SEED_BYTES);
  const arrangement = arrange(examples.count, seed);
  const started = performance.now();
  await using pool = await createEncryptionPool(
    { parameters, mode, key: key.bytes, ...(request.encryptor === undefined ? {} : { encryptor: request.encryptor }) },
    tools.threads,
  );
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
    keys: keys.folder,
    encryptSeconds: seconds,
    publicKeyBytes: key.publicBytes,
    ...(request.replaces === undefined ? {} : { replaces: request.replaces }),
  });
  return { digest, manifest, seconds };
}
