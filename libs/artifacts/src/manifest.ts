import type { BlobStore } from '@ciphernet/blobs';
import {
  type CkksParameters,
  type EncryptionMode,
  componentsAfter,
  parametersDigest,
  parametersFromJson,
} from '@ciphernet/ckks';
import { type InputTransform, inputTransformSchema } from '@ciphernet/network';
import { IntegrityError, digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import { HEADER_READ_BYTES } from './batch-header.js';
import { WORD_BYTES } from './batch-layout.js';

const shardSchema = z.strictObject({
  digest: digestSchema,
  bytes: z.number().int().positive(),
  images: z.number().int().positive(),
  /** Digest of the list of its positions' digests; absent in datasets from before audits. */
  positions: digestSchema.optional(),
});

/** Bytes that a manifest has at most: a hundred thousand shards of some 250 bytes. */
const MOST_MANIFEST_BYTES = 2 ** 25;

const manifestSchema = z.strictObject({
  format: z.literal('ciphernet-encrypted-dataset'),
  version: z.literal(1),
  name: z.string().min(1).max(200),
  split: z.enum(['train', 'test']),
  height: z.number().int().positive(),
  width: z.number().int().positive(),
  /** Absent in manifests of grey images from before colour; tables have all their features here. */
  channels: z.number().int().min(1).max(65_536).default(1),
  classes: z.number().int().min(1).max(256),
  transform: inputTransformSchema,
  features: z.number().int().min(1).max(65_536),
  images: z.number().int().positive(),
  parameters: z.unknown(),
  parametersDigest: digestSchema,
  inputScale: z.number().positive().finite(),
  mode: z.enum(['public', 'symmetric']),
  keyFingerprint: digestSchema,
  shards: z.array(shardSchema).min(1).max(100_000),
});

/** Address, size and images of a shard. */
export type ShardEntry = z.infer<typeof shardSchema>;

/** An encrypted dataset: encrypted once, evaluated many times. Holds nothing secret, no labels. */
export interface DatasetManifest {
  readonly name: string;
  readonly split: 'train' | 'test';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Values that a model gives an example: one a class, or those of a regression. */
  readonly classes: number;
  readonly transform: InputTransform;
  /** Values of an image after the transform: ciphertexts of a shard. */
  readonly features: number;
  /** Slots in use: the examples, twins of some and zeros. How many are which, and where, is the owner's. */
  readonly images: number;
  readonly parameters: CkksParameters;
  readonly inputScale: number;
  readonly mode: EncryptionMode;
  readonly keyFingerprint: string;
  readonly shards: readonly ShardEntry[];
}

/** UTF-8 JSON, version 1; the same manifest gives the same bytes. */
export function manifestToBytes(manifest: DatasetManifest): Uint8Array {
  const json = {
    format: 'ciphernet-encrypted-dataset',
    version: 1,
    ...manifest,
    parametersDigest: parametersDigest(manifest.parameters),
  };
  return new TextEncoder().encode(JSON.stringify(json));
}

/**
 * Parses a manifest.
 *
 * @param where names the manifest in errors
 * @throws InputError for a field that is wrong; IntegrityError when counts, digests and parameters do not agree
 */
export function manifestFromBytes(bytes: Uint8Array, where: string): DatasetManifest {
  const {
    format: _format,
    version: _version,
    parametersDigest: digest,
    ...json
  } = parseOrThrow(manifestSchema, parseJson(new TextDecoder().decode(bytes), where), where);
  const parameters = parametersFromJson(json.parameters, `${where}.parameters`);
  const total = json.shards.reduce((sum, shard) => sum + shard.images, 0);
  if (parametersDigest(parameters) !== digest || total !== json.images) {
    throw new IntegrityError('parameters or image counts do not agree with each other', {
      where,
      hint: 'encrypt the dataset again',
    });
  }
  return Object.freeze({ ...json, parameters });
}

/**
 * The manifest of a dataset in a store, of a size that one can have: whoever writes blobs could name a longer one.
 *
 * @throws what the store and {@link manifestFromBytes} throw; IntegrityError for one that is longer
 */
export async function fetchManifest(blobs: Pick<BlobStore, 'get'>, digest: string): Promise<DatasetManifest> {
  return manifestFromBytes(await blobs.get(digest, MOST_MANIFEST_BYTES), `dataset ${digest.slice(0, 12)}`);
}

/** Components after at most two squares, the most that a plan has. */
export const MOST_COMPONENTS = componentsAfter(2);

/** Bytes that a result of this dataset can have: every component of every class at every prime, as words. */
export function mostResultBytes({ classes, parameters }: DatasetManifest): number {
  return HEADER_READ_BYTES + classes * MOST_COMPONENTS * parameters.primes.length * parameters.ringDegree * WORD_BYTES;
}
