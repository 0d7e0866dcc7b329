import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import type { EncodedError } from '@ciphernet/foundation';
import type { SharedMemory, WasmModule } from '@ciphernet/ring';

/** Who encrypts: our kernels, or SEAL, which they are checked against. */
export type EncryptorName = 'simd' | 'seal';

/** Names that an encryptor is chosen by, the default first. */
export const ENCRYPTOR_NAMES: readonly EncryptorName[] = ['simd', 'seal'];

/** What an encryption thread begins with. The key stays inside this process. */
export interface ThreadStart {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  readonly encryptor: EncryptorName;
  /** SEAL bytes of the public key, or of the secret key in symmetric mode; empty where the shared memory holds it. */
  readonly key: Uint8Array;
  /** Shared by all threads of the pool, laid out as `layOutEncryption` says. */
  readonly memory: SharedMemory;
  /** Kernels for four polynomials at a time, where they are used. */
  readonly wide?: WasmModule;
  /** Takes the seconds of each step, where they are asked for (`encryption-steps.ts`). */
  readonly steps?: Float64Array;
  /** Which workspace is this thread's. */
  readonly index: number;
  readonly threads: number;
}

/** Where the values of a ciphertext go: into its slots, or into its coefficients. */
export type ValueEncoding = 'slots' | 'coefficients';

/** One shard in the pool's memory: byte offsets. */
export interface ShardRegion {
  /** The values, f32, images × features. */
  readonly rows: number;
  readonly images: number;
  readonly features: number;
  readonly scale: number;
  /** Whether values are slots, or coefficients of the polynomial from X^0 on. */
  readonly encoding: ValueEncoding;
  /** Coefficients of a tile, a multiple of 4; divides the ring degree. */
  readonly tile: number;
  /** Components of a ciphertext in the body: 2, or 1 where the second comes from a seed. */
  readonly components: 1 | 2;
  /** The shard's body, where threads write: [prime][tile][component][ciphertext][coefficient of the tile]. */
  readonly residues: number;
  /** What second components come from, where they are not in the body. */
  readonly seed?: Uint8Array;
  /** A tile's columns for each thread, one behind the other. */
  readonly columns: number;
}

/** One pass over a shard on all threads: making its ciphertexts, or the digests of its positions. */
export interface ShardTask {
  readonly kind: 'encrypt' | 'digest';
  readonly region: ShardRegion;
  /** [next piece, pieces done, stop flag]: pieces are features, or tiles. In shared memory. */
  readonly progress: Int32Array;
  /** Digests of the positions, in shared memory. */
  readonly positions: Uint8Array;
}

/** Encrypts neighbouring features of a shard, for one thread, until it is disposed. */
export interface GroupEncryptor extends Disposable {
  /**
   * Moves the values of features `first` to `first + count − 1`, at most GROUPS · GROUP, into the thread's workspace.
   *
   * @returns the largest magnitude among them; NaN where one is no number
   */
  take(region: ShardRegion, first: number, count: number): number;
  /**
   * Makes the ciphertexts of the values that were taken last.
   *
   * @throws EvaluationError when it fails
   */
  encrypt(region: ShardRegion, first: number, count: number): void;
  /** Forgets the shard, and zeroes what it held of it outside the thread's workspace. */
  finish(): void;
}

/** What a thread is asked: its start once, then tasks; before it, perhaps, to touch the memory, which it does not answer. */
export type ThreadRequest =
  | {
      readonly kind: 'touch';
      readonly memory: SharedMemory;
      /** Set to end it. In shared memory. */ readonly stop: Int32Array;
    }
  | { readonly kind: 'start'; readonly start: ThreadStart }
  | { readonly kind: 'task'; readonly task: ShardTask };

/** What a thread answers to the others. */
export type ThreadReply = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: EncodedError };
