import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import type { EncodedError } from '@ciphernet/foundation';

/** What an encryption thread is started with. The key stays inside this process. */
export interface ThreadStart {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** SEAL bytes of the public key, or of the secret key in symmetric mode. */
  readonly key: Uint8Array;
}

/** One shard, in shared memory: threads take features by counting `progress[0]` up until `features`. */
export interface ShardTask {
  /** Values in slot order: feature-major, features × images. */
  readonly values: Float32Array;
  readonly images: number;
  readonly features: number;
  readonly scale: number;
  /** Coefficients of a tile; divides the ring degree. */
  readonly tile: number;
  /** The shard's body, where threads write: [prime][tile][component][ciphertext][coefficient of the tile]. */
  readonly residues: Uint32Array;
  /** [next feature, features done, stop flag] */
  readonly progress: Int32Array;
}

/** What a thread answers: `ready` once after its start, `done` after each shard; `failed` in place of either. */
export type ThreadReply =
  { readonly kind: 'ready' } | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: EncodedError };
