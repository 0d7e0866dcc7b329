import type { BlobStore } from '@ciphernet/blobs';
import {
  type BatchHeader,
  type DatasetManifest,
  type ShardEntry,
  batchChunks,
  manifestToBytes,
} from '@ciphernet/ciphertext';
import { type Dataset, sliceExamples, toUnitRange } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/errors';
import {
  type EncryptionPool,
  assertSameKey,
  createEncryptionPool,
  readPublicKey,
  readSecretKey,
} from '@ciphernet/keyring';
import { type InputTransform, applyTransform, sizeOf, transformedShape } from '@ciphernet/network';
import { writeDatasetRecord } from '@ciphernet/owner-records';
import {
  type CkksParameters,
  type EncryptionMode,
  assertSecure,
  describeParameters,
  parametersDigest,
  slotsOf,
} from '@ciphernet/parameters';

/** Coefficients of a tile: what the evaluator works on at a time stays in its L2 cache. */
const TILE = 64;

export interface EncryptDatasetOptions {
  readonly dataset: Dataset;
  /** Name or absolute folder, for the collector to find the labels again. */
  readonly source: string;
  readonly transform: InputTransform;
  readonly parameters: CkksParameters;
  readonly inputScale: number;
  readonly mode: EncryptionMode;
  /** Folder of the key files. */
  readonly keys: string;
  readonly passphrase?: string | undefined;
  readonly blobs: BlobStore;
  /** Where the owner's record goes. */
  readonly clientFolder: string;
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Images encrypted, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface EncryptedDataset {
  readonly digest: string;
  readonly manifest: DatasetManifest;
  readonly seconds: number;
}

async function loadKey(
  options: EncryptDatasetOptions,
): Promise<{ fingerprint: string; bytes: Uint8Array; publicBytes: number }> {
  const publicKey = await readPublicKey(options.keys);
  if (parametersDigest(publicKey.parameters) !== parametersDigest(options.parameters)) {
    throw new InputError(
      `the keys were made for ${describeParameters(publicKey.parameters)}, the dataset needs ${describeParameters(options.parameters)}`,
      { where: options.keys, hint: 'make keys for these parameters: ciphernet keys create' },
    );
  }
  const { fingerprint } = publicKey;
  if (options.mode === 'public') return { fingerprint, bytes: publicKey.bytes, publicBytes: publicKey.bytes.length };
  const secret = await readSecretKey(options.keys, options.passphrase);
  assertSameKey(secret.fingerprint, fingerprint, 'the secret key', options.keys);
  return { fingerprint, bytes: secret.bytes, publicBytes: 0 };
}

/** Encrypts shard by shard; one is written while the next is encrypted, so at most two are in memory. */
async function encryptShards(
  options: EncryptDatasetOptions,
  pool: EncryptionPool,
  fingerprint: string,
): Promise<ShardEntry[]> {
  const { dataset, parameters, transform } = options;
  const shape = { height: dataset.height, width: dataset.width, channels: 1 };
  const slots = slotsOf(parameters);
  const shards: ShardEntry[] = [];
  let writing: Promise<void> = Promise.resolve();
  for (let from = 0; from < dataset.count; from += slots) {
    const images = Math.min(slots, dataset.count - from);
    const pixels = toUnitRange(sliceExamples(dataset, from, from + images).images);
    const features = applyTransform(transform, shape, pixels);
    const residues = await pool.encryptShard(
      { features, images },
      {
        scale: options.inputScale,
        tile: TILE,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onProgress: (done, total) => options.onProgress?.(from + Math.floor((images * done) / total), dataset.count),
      },
    );
    const header: Omit<BatchHeader, 'bodyDigest'> = {
      version: 1,
      kind: 'shard',
      parametersDigest: parametersDigest(parameters),
      keyFingerprint: fingerprint,
      ringDegree: parameters.ringDegree as BatchHeader['ringDegree'],
      primes: parameters.primes,
      ciphertexts: features.length / images,
      components: 2,
      tile: TILE,
      images,
      scale: options.inputScale,
      wordBits: 32,
    };
    await writing;
    const index = shards.length;
    shards.push({ digest: '', bytes: 0, images });
    writing = (async () => {
      const { digest, bytes } = await options.blobs.put(yieldingChunks(batchChunks(header, residues)));
      shards[index] = { digest, bytes, images };
    })();
    // Awaited in the next round; until then a failure must not count as unhandled.
    writing.catch(() => undefined);
  }
  await writing;
  return shards;
}

async function* yieldingChunks(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

/**
 * Encrypts a dataset, stores shards and manifest, and keeps the owner's record.
 *
 * @throws InputError for keys of other parameters or an insecure set; nothing half-written stays behind
 */
export async function encryptDataset(options: EncryptDatasetOptions): Promise<EncryptedDataset> {
  const { dataset, parameters, transform } = options;
  assertSecure(parameters, 'dataset encrypt');
  const key = await loadKey(options);
  const started = performance.now();
  await using pool = await createEncryptionPool({ parameters, mode: options.mode, key: key.bytes }, options.threads);
  const shards = await encryptShards(options, pool, key.fingerprint);
  const seconds = (performance.now() - started) / 1000;
  const manifest: DatasetManifest = {
    name: dataset.name,
    split: dataset.split,
    height: dataset.height,
    width: dataset.width,
    classes: dataset.classes,
    transform,
    features: sizeOf(transformedShape(transform, { height: dataset.height, width: dataset.width, channels: 1 })),
    images: dataset.count,
    parameters,
    inputScale: options.inputScale,
    mode: options.mode,
    keyFingerprint: key.fingerprint,
    shards,
  };
  const { digest } = await options.blobs.put(manifestToBytes(manifest));
  await options.blobs.setRef(`datasets/${digest}`, manifest.name);
  await writeDatasetRecord(options.clientFolder, {
    version: 1,
    manifest: digest,
    dataset: options.source,
    split: dataset.split,
    images: dataset.count,
    keys: options.keys,
    encryptSeconds: seconds,
    publicKeyBytes: key.publicBytes,
  });
  return { digest, manifest, seconds };
}
