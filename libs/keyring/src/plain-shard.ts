import { type CkksParameters, slotsOf } from '@ciphernet/ckks';
import { InputError } from '@ciphernet/foundation';
import type { EncryptorName, ValueEncoding } from './encryption-task.js';

/** Writes features where it is told to: a shard of tens of megabytes is not copied. */
export interface FeatureWriter {
  readonly length: number;
  /** @param target of that length, for as long as the promise is pending */
  writeTo(target: Float32Array): Promise<void>;
}

/** Features of one shard in the clear, as the encryption pool takes them. */
export interface PlainShard {
  /** images × features, row-major, usually in [0, 1]; or how many they are, and who writes them to where they are read. */
  readonly features: Float32Array | FeatureWriter;
  readonly images: number;
}

/** How a shard is encrypted. */
export interface ShardOptions {
  /** Real factor between a feature and its encoded integer. */
  readonly scale: number;
  /** Where the values go; `coefficients` takes up to N of them, and our encryptor. Default `slots`. */
  readonly encoding?: ValueEncoding;
  /** Coefficients of a tile, a multiple of 4; divides the ring degree. */
  readonly tile: number;
  /** False leaves the digests of the positions out; default true. */
  readonly positions?: boolean;
  readonly signal?: AbortSignal;
  /** Called a few times a second with features done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A shard's ciphertexts, in memory of the pool's until it is disposed: dispose it, or the next ones take more. */
export interface EncryptedShard extends Disposable {
  /** In the wire format's order. */
  readonly residues: Uint32Array;
  /**
   * A digest for each position and the seed, as `positionDigests` has them; zeros where they were left out. They are computed while the
   * residues are stored, and before the next shard is encrypted. Rejects as `encryptShard` does.
   */
  readonly positions: Promise<Uint8Array>;
  /** What the second components come from, which are not among the residues: of symmetric encryption by ours. */
  readonly seed?: Uint8Array;
}

/** Features of each image. @throws InputError unless the shard fits the ring, and the encryptor its encoding */
export function featuresOf(
  shard: PlainShard,
  options: ShardOptions,
  { parameters, encryptor }: { readonly parameters: CkksParameters; readonly encryptor?: EncryptorName },
): number {
  const { ringDegree } = parameters;
  const isSlots = options.encoding !== 'coefficients';
  const slots = isSlots ? slotsOf(parameters) : ringDegree;
  const features = shard.features.length / shard.images;
  if (!Number.isInteger(features) || shard.images < 1 || shard.images > slots) {
    throw new InputError(`${shard.features.length} values are no ${shard.images} images of at most ${slots} slots`);
  }
  if (options.tile % 4 !== 0 || ringDegree % options.tile !== 0) {
    throw new InputError(`a tile of ${options.tile} coefficients`, { hint: 'use a power of two from 4 on' });
  }
  if (!isSlots && encryptor === 'seal') throw new InputError('SEAL’s encoder takes slots only');
  return features;
}
