import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, type DatasetManifest, batchSource, parseBatch, resultToBytes } from '@ciphernet/artifacts';
import { signAnswer } from '@ciphernet/attestation';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { profileNamed } from '@ciphernet/ckks';
import { NO_TRANSFORM, examplesOf, readFolder } from '@ciphernet/datasets';
import { engineNamed } from '@ciphernet/engines';
import { networkToLayersModel } from '@ciphernet/formats';
import { type Identity, identityFingerprint, openIdentity } from '@ciphernet/identity';
import { generateKeys, writeKeyFiles } from '@ciphernet/keyring';
import { ensureCompiled, saveModel } from '@ciphernet/models';
import type { Network } from '@ciphernet/network';
import { readQuarantine } from '@ciphernet/owner-records';
import { encryptDataset } from '@ciphernet/producer';
import type { CollectJob, InferredResult } from '@ciphernet/queue';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import type { CollectDependencies } from '../src/collect.js';

const SIDE = 4;
/** One more shard than the slots of N = 4096 hold. */
const IMAGES = 4098;

const wave = (length: number, phase: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase) / 2);

/** 16 → 3, square, 3 → 2. */
const network: Network = {
  name: 'small',
  input: { height: SIDE, width: SIDE, channels: 1 },
  layers: [
    { kind: 'flatten', name: 'f' },
    { kind: 'dense', name: 'a', units: 3, weights: wave(48, 0), bias: wave(3, 1) },
    { kind: 'square', name: 's' },
    { kind: 'dense', name: 'b', units: 2, weights: wave(6, 2), bias: wave(2, 3) },
  ],
};

type Unsigned = Omit<InferredResult, 'signed'>;

/** An evaluation whose shards have been evaluated, to be collected. */
export interface Evaluated extends AsyncDisposable {
  /** Of everything: `blobs`, `client`, `keys`. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly job: CollectJob;
  readonly manifest: DatasetManifest;
  readonly network: Network;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly results: readonly InferredResult[];
  /** As the engine gave them, one a shard. */
  readonly batches: readonly Batch[];
  readonly dependencies: CollectDependencies;
  /** Signs whatever a result says, as its worker. */
  sign(result: Unsigned): InferredResult;
  /** Fingerprint of the worker that signs. */
  readonly worker: string;
  /** Stores a result in the place of a shard's. */
  replace(shard: number, batch: Batch): Promise<InferredResult[]>;
  /** Writes other labels while `use` runs. */
  withLabels(labels: Uint8Array, use: () => Promise<void>): Promise<void>;
}

export async function createEvaluated(): Promise<Evaluated> {
  const temporary = await temporaryFolder();
  const folder = temporary.path;
  const profile = profileNamed('one-square');
  const keys = { folder: join(folder, 'keys'), passphrase: undefined };
  await writeKeyFiles(keys.folder, await generateKeys(profile.parameters), undefined);

  const source = join(folder, 'tiny');
  await mkdir(source);
  const images = Uint8Array.from({ length: IMAGES * SIDE * SIDE }, (_, i) => (i * 37 + (i >> 4) * 11) % 256);
  const labels = Uint8Array.from({ length: IMAGES }, (_, i) => i % 2);
  const labelsFile = join(source, 't10k-labels-idx1-ubyte');
  await writeFile(join(source, 't10k-images-idx3-ubyte'), idxFile([IMAGES, SIDE, SIDE], images));
  await writeFile(labelsFile, idxFile([IMAGES], labels));

  const blobs = await openDirectoryStore(join(folder, 'blobs'));
  const recordsFolder = join(folder, 'client');
  const { digest, manifest } = await encryptDataset(
    { examples: examplesOf(await readFolder(source, 'test'), NO_TRANSFORM), source, ...profile, mode: 'public' },
    keys,
    { blobs, identity: await openIdentity(join(folder, 'owner'), undefined), recordsFolder, threads: 1 },
  );
  const model = await saveModel(
    blobs,
    networkToLayersModel(network),
    { name: 'small', transform: NO_TRANSFORM },
    { images: images.subarray(0, 200 * SIDE * SIDE), shape: network.input },
  );

  const { digest: circuit, compiled } = await ensureCompiled(blobs, model, manifest);
  const engine = engineNamed('simd');
  const identity = await openIdentity(join(folder, 'worker'), undefined);
  const batches: Batch[] = [];
  const sign = ({ shard, compiled, engine: version, result, ...rest }: Unsigned): InferredResult => {
    const fields = { shard, compiled, engine: version, result };
    const shardDigest = manifest.shards[shard]?.digest ?? '';
    const said = { ...fields, evaluation: 'eval-test', manifest: digest, shardDigest, model };
    return { ...rest, ...fields, signed: signAnswer(said, identity) };
  };
  const store = async (shard: number, batch: Batch): Promise<InferredResult> => {
    const result = await blobs.put(resultToBytes(batch));
    return sign({
      shard,
      result: result.digest,
      resultBytes: result.bytes,
      compiled: circuit,
      seconds: 0.5,
      engine: engine.version,
      reused: false,
      worker: 'test',
      startedAt: 1000 + 400 * shard,
      finishedAt: 1500 + 400 * shard,
    });
  };
  const results: InferredResult[] = [];
  for (const [shard, entry] of manifest.shards.entries()) {
    const batch = parseBatch(await blobs.get(entry.digest), 'shard');
    batches.push(await engine.evaluate(compiled, batchSource(batch)));
    results.push(await store(shard, batches[shard]!));
  }
  return {
    folder,
    blobs,
    manifest,
    network,
    images,
    labels,
    results,
    batches,
    job: {
      evaluation: 'eval-test',
      manifest: digest,
      model,
      engine: 'simd',
      shards: manifest.shards.length,
      compare: true,
    },
    dependencies: {
      blobs,
      recordsFolder,
      datasetFolders: { cacheFolder: folder },
      passphrase: undefined,
      audits: { auditors: [], required: false, wanted: 'none' },
      workers: { workers: [], lockAfter: 3, quarantine: await readQuarantine(join(folder, 'consents')) },
    },
    sign,
    worker: identityFingerprint(identity.publicKey),
    async replace(shard, batch) {
      const other = await store(shard, batch);
      return results.map((result) => (result.shard === shard ? other : result));
    },
    async withLabels(other, use) {
      const before = await readFile(labelsFile);
      await writeFile(labelsFile, idxFile([other.length], other));
      try {
        await use();
      } finally {
        await writeFile(labelsFile, before);
      }
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

/** Auditors of a test and the fingerprints of their keys, in their order. */
export async function openAuditors(
  { folder }: Evaluated,
  count: number,
): Promise<{ readonly auditors: Identity[]; readonly names: string[] }> {
  const auditors = await Promise.all(
    Array.from({ length: count }, (_, place) => openIdentity(join(folder, `auditor-${place}`), undefined)),
  );
  return { auditors, names: auditors.map(({ publicKey }) => identityFingerprint(publicKey)) };
}

/** What statements about a shard's honest result say it is. */
export function aboutShard({ job, manifest, results }: Evaluated, shard: number) {
  const { compiled, result } = results[shard]!;
  const shardDigest = manifest.shards[shard]!.digest;
  const { evaluation, model, manifest: address } = job;
  return { evaluation, manifest: address, model, shard, shardDigest, compiled, result };
}
