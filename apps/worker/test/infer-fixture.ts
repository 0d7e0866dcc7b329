import { join } from 'node:path';
import {
  type BatchHeader,
  type DatasetManifest,
  batchToBytes,
  manifestToBytes,
  positionDigests,
  shardHeader,
} from '@ciphernet/artifacts';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { profileNamed } from '@ciphernet/ckks';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import { networkToLayersModel } from '@ciphernet/formats';
import { openIdentity } from '@ciphernet/identity';
import { saveModel } from '@ciphernet/models';
import type { Network } from '@ciphernet/network';
import type { InferJob } from '@ciphernet/queue';
import { temporaryFolder } from '@ciphernet/testing';
import type { InferDependencies } from '../src/infer.js';

const SIDE = 4;
const FEATURES = SIDE * SIDE;

const wave = (length: number, phase: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase) / 2);

/** 16 → 3, square, 3 → 2. */
const networkOf = (phase: number): Network => ({
  name: 'small',
  input: { height: SIDE, width: SIDE, channels: 1 },
  layers: [
    { kind: 'flatten', name: 'f' },
    { kind: 'dense', name: 'a', units: 3, weights: wave(3 * FEATURES, phase), bias: wave(3, 1) },
    { kind: 'square', name: 's' },
    { kind: 'dense', name: 'b', units: 2, weights: wave(6, 2), bias: wave(2, 3) },
  ],
});

/** A job for one shard of residues, which a worker cannot tell from encryptions. */
export interface InferCase extends AsyncDisposable {
  readonly blobs: BlobStore;
  readonly job: InferJob;
  readonly dependencies: Omit<InferDependencies, 'engines' | 'say'>;
  readonly folder: string;
  readonly header: BatchHeader;
  readonly residues: Uint32Array;
  readonly manifest: DatasetManifest;
}

/**
 * @param phase another gives another model
 * @param seed of the second components, which are not stored then
 */
export async function createInferCase(phase = 0, seed?: Uint8Array): Promise<InferCase> {
  const network = networkOf(phase);
  const folder = await temporaryFolder();
  const blobs = await openDirectoryStore(join(folder.path, 'blobs'));
  const { parameters, inputScale } = profileNamed('one-square');
  const keyFingerprint = 'e'.repeat(64);
  const header = shardHeader({
    parameters,
    keyFingerprint,
    ciphertexts: FEATURES,
    images: 100,
    tile: 4,
    scale: inputScale,
    seed,
  });
  const perPrime = (seed === undefined ? 2 : 1) * FEATURES * parameters.ringDegree;
  const residues = Uint32Array.from(
    { length: perPrime * parameters.primes.length },
    (_, i) => (i * 2_654_435_761) % (parameters.primes[Math.floor(i / perPrime)] ?? 1),
  );
  const shard = await blobs.put(batchToBytes(header, residues));
  const positions = await blobs.put(positionDigests(header, residues));
  const manifest: DatasetManifest = {
    name: 'residues',
    split: 'test',
    height: SIDE,
    width: SIDE,
    channels: 1,
    classes: 2,
    transform: NO_TRANSFORM,
    features: FEATURES,
    images: 100,
    parameters,
    inputScale,
    mode: seed === undefined ? 'public' : 'symmetric',
    keyFingerprint,
    shards: [{ digest: shard.digest, bytes: shard.bytes, images: 100, positions: positions.digest }],
  };
  const images = Uint8Array.from({ length: 200 * FEATURES }, (_, i) => (i * 37 + (i >> 4) * 11) % 256);
  const model = await saveModel(
    blobs,
    networkToLayersModel(network),
    { name: 'small', transform: NO_TRANSFORM },
    { images, shape: network.input },
  );
  const { digest } = await blobs.put(manifestToBytes(manifest));
  return {
    blobs,
    job: { evaluation: 'eval-test', manifest: digest, shard: 0, model, engine: 'auto' },
    dependencies: {
      blobs,
      worker: 'test',
      trust: { identity: await openIdentity(join(folder.path, 'worker'), undefined), accepted: [] },
    },
    folder: folder.path,
    header,
    residues,
    manifest,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
