import { type CkksParameters, parametersDigest } from '@ciphernet/ckks';
import { type BatchHeader, SEEDED_VERSION } from './batch-header.js';
import { PLAIN_VERSION } from './batch-layout.js';

/** Coefficients of a tile of shards that are audited: a group of the evaluator's, the fewest there can be, so that an auditor reads little for one position. */
export const AUDITED_TILE = 4;

/** What differs between shards of fresh ciphertexts. */
export interface ShardLayout {
  readonly parameters: CkksParameters;
  readonly keyFingerprint: string;
  /** Ciphertexts, one a feature. */
  readonly ciphertexts: number;
  /** Slots in use, 1 to as many as the ring has. */
  readonly images: number;
  /** Coefficients of a tile; divides N. */
  readonly tile: number;
  readonly scale: number;
  /** Of the second components, where they are not stored. */
  readonly seed?: Uint8Array | undefined;
}

/** Header of a shard of fresh ciphertexts: two components over every prime. */
export function shardHeader(layout: ShardLayout): BatchHeader {
  const { parameters, keyFingerprint, ciphertexts, images, tile, scale, seed } = layout;
  return {
    version: seed === undefined ? PLAIN_VERSION : SEEDED_VERSION,
    kind: 'shard',
    parametersDigest: parametersDigest(parameters),
    keyFingerprint,
    ring: parameters.ring,
    ringDegree: parameters.ringDegree as BatchHeader['ringDegree'],
    primes: parameters.primes,
    ciphertexts,
    components: 2,
    tile,
    images,
    scale,
    ...(seed === undefined ? {} : { seed: Buffer.from(seed).toString('hex') }),
    wordBits: 32,
  };
}
