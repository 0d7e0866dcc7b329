import { createCipheriv, hash } from 'node:crypto';
import { BLOCK_BYTES, type Kernels, PAIR_BYTES, SUM_BYTES, createKernels, vectorBits } from '@ciphernet/engines';
import { MODULUS_BYTES, RING_CODES, rootTableBytes } from '@ciphernet/ring';
import { medianSeconds } from './timing.js';

/** A 30-bit prime that is 1 modulo 2^15. */
const PRIME = 1073479681;
const LOG_N = 13;
/** Pair rows of the bare loop: data and weights stay in a 32 kB L1 cache. */
const BARE_PAIRS = 240;
const BARE_GROUPS = 2000;

/** As much as masks are expanded at a time. */
const CIPHER_BYTES = 2 ** 17;

/** Times of single kernels on one core. */
export interface KernelBench {
  /** int16 multiply-adds a second of the bare inner loop in L1, what every share is measured against. */
  readonly peak: number;
  /** Bits of the vectors that it works in. */
  readonly vectorBits: 128 | 256;
  /** The same in vectors of 128 bits, which is what other V8 and processors without AVX2 have. */
  readonly peak128: number;
  readonly rows: readonly {
    readonly name: string;
    readonly microseconds: number;
    readonly multiplyAddsPerSecond?: number;
  }[];
}

function fill(kernels: Kernels, at: number, words: number): void {
  const view = kernels.u32();
  for (let i = 0; i < words; i++) view[at / 4 + i] = Math.imul(i + 1, 2654435761) >>> 3;
}

/** One block of `outputs` × 2·`pairs` with weights spread over ±127. */
function block(kernels: Kernels, pairs: number, outputs: number): number {
  const record = kernels.allocate(BLOCK_BYTES);
  const run = kernels.allocate(8);
  const quads = outputs / 4;
  const weights = kernels.allocate(quads * pairs * 16);
  const small = kernels.i16();
  for (let i = 0; i < quads * pairs * 8; i++) small[weights / 2 + i] = ((i * 37) % 255) - 127;
  const words = kernels.i32();
  words.set([0, pairs * PAIR_BYTES], run / 4);
  words.set([run, 1, weights, quads, 0, 0, 0, 0], record / 4);
  return record;
}

/** int16 multiply-adds a second of a product whose data stays in L1. @returns measures once more each time */
function bareLoop(kernels: Kernels): () => number {
  const modulusPointer = kernels.allocate(MODULUS_BYTES);
  kernels.modulusInit(modulusPointer, PRIME);
  const bare = block(kernels, BARE_PAIRS, 4);
  const data = kernels.allocate(BARE_PAIRS * PAIR_BYTES);
  const out = kernels.allocate(64 * 1024);
  const sums = kernels.allocate(SUM_BYTES);
  const run = (groups: number): void => kernels.gemm(bare, 1, data, 0, groups, out, 16, 0, modulusPointer, 0, sums);
  // WebAssembly is optimised between calls, never inside one: many short calls first.
  for (let i = 0; i < 2000; i++) run(4);
  return () => (BARE_PAIRS * 4 * 16 * BARE_GROUPS) / medianSeconds(() => run(BARE_GROUPS), 25);
}

/** Times each kernel by itself on one core. */
export function benchKernels(): KernelBench {
  const kernels = createKernels();
  const modulusPointer = kernels.allocate(MODULUS_BYTES);
  kernels.modulusInit(modulusPointer, PRIME);
  const sums = kernels.allocate(SUM_BYTES);
  const barePeak = bareLoop(createKernels());
  const narrowPeak = bareLoop(createKernels(false));
  const before = [barePeak(), narrowPeak()] as const;

  const rows: KernelBench['rows'][number][] = [];
  const add = (name: string, work: () => void, multiplyAdds?: number): void => {
    for (let i = 0; i < 100; i++) work();
    const seconds = medianSeconds(work);
    const rate = multiplyAdds === undefined ? {} : { multiplyAddsPerSecond: multiplyAdds / seconds };
    rows.push({ name, microseconds: seconds * 1e6, ...rate });
  };
  // The default CNN's dense layer and the MLP's first layer, 16 coefficients of one component.
  for (const [inputs, outputs] of [
    [1024, 64],
    [784, 128],
  ] as const) {
    const dense = block(kernels, inputs / 2, outputs);
    const data = kernels.allocate((inputs / 2) * PAIR_BYTES * 4);
    const target = kernels.allocate(outputs * 16 * 4);
    const stride = (inputs / 2) * PAIR_BYTES;
    add(
      `gemm ${inputs} → ${outputs}, 16 coefficients`,
      () => kernels.gemm(dense, 1, data, stride, 4, target, 16, outputs * 16, modulusPointer, 0, sums),
      inputs * outputs * 16 * 2,
    );
  }
  const features = kernels.allocate(784 * 64 * 4);
  fill(kernels, features, 784 * 64);
  const pairs = kernels.allocate(392 * 8);
  kernels.i32().set(
    Array.from({ length: 784 }, (_, i) => i),
    pairs / 4,
  );
  const packed = kernels.allocate(392 * PAIR_BYTES * 4);
  add('pack 784 rows, 16 coefficients', () =>
    kernels.pack(features, 16, 784 * 16, pairs, 392, 4, packed, 392 * PAIR_BYTES, modulusPointer),
  );
  const tile = kernels.allocate(2 * 1024 * 16 * 4);
  const squared = kernels.allocate(3 * 512 * PAIR_BYTES * 4);
  add('square and pack 1024 rows, 2 → 3 components', () =>
    kernels.square2(tile, 65_536, 16_384, 1024, 4, squared, 65_536, 16_384, modulusPointer),
  );
  add('unpack 64 rows, 16 coefficients', () => kernels.unpack(tile, 1024, 64, 4, features, 256, 4, modulusPointer));
  const N = 2 ** LOG_N;
  const tables = kernels.allocate(rootTableBytes(N));
  kernels.rootsInit(tables, LOG_N, modulusPointer, RING_CODES['conjugate-invariant']);
  const values = kernels.allocate(4 * N);
  const last = kernels.allocate(4 * N);
  const scratch = kernels.allocate(4 * N);
  add(`NTT forward, N = ${N}, conjugate-invariant`, () => kernels.nttForward(values, LOG_N, tables, modulusPointer));
  add(`NTT inverse, N = ${N}, conjugate-invariant`, () => kernels.nttInverse(values, LOG_N, tables, modulusPointer));
  add(`rescale one limb, N = ${N}`, () =>
    kernels.rescaleLimb(values, last, scratch, LOG_N, tables, modulusPointer, 1073643521),
  );
  // Node's; what they are used for is bound by them. The cipher's outputs are given back at once, as where masks are expanded.
  const bytes = new Uint8Array(CIPHER_BYTES);
  const cipher = createCipheriv('aes-256-ecb', new Uint8Array(32), null).setAutoPadding(false);
  add(`SHA-256, ${CIPHER_BYTES / 1024} KiB`, () => void hash('sha256', bytes));
  add(`AES-256, ${CIPHER_BYTES / 1024} KiB`, () => void cipher.update(bytes).buffer.transfer(0));
  // Shared machines change speed: the better of two medians, before and after the kernels.
  return {
    peak: Math.max(before[0], barePeak()),
    vectorBits: vectorBits(),
    peak128: Math.max(before[1], narrowPeak()),
    rows,
  };
}
