import { MODULUS_BYTES, type WasmMemory, type WasmModule, compileWide } from '@ciphernet/ring';
import { BLOCK_BYTES, PAIR_BYTES, SUM_BYTES } from './layout-bytes.js';

/** The product of matrices, of `KernelExports`. */
export type Gemm = (
  blocks: number,
  blockCount: number,
  packed: number,
  packedStride: number,
  groups: number,
  out: number,
  rowStride: number,
  groupStride: number,
  modulusPointer: number,
  withBias: number,
  sums: number,
) => void;

const path: URL = new URL('../../dist/wasm/wide.wasm', import.meta.url);

const PAIRS = 37;
const OUTPUTS = 12;
const GROUPS = 3;
/** Any prime of 30 bits: every reduction has its largest operands. */
const PRIME = 1_073_692_673;

interface Trial extends WasmMemory {
  readonly gemm: Gemm;
  modulusInit(modulusPointer: number, prime: number): void;
}

/**
 * Both products of the same numbers, over runs of odd lengths, with a bias and added to what is there.
 *
 * @param kernels with nothing laid out yet
 * @returns whether all words of both come out equal
 */
function agree(kernels: Trial, wide: Gemm): boolean {
  const modulus = kernels.allocate(MODULUS_BYTES);
  const runs = kernels.allocate(16);
  const block = kernels.allocate(2 * BLOCK_BYTES);
  const weights = kernels.allocate(4 * PAIRS * OUTPUTS);
  const bias = kernels.allocate(8 * OUTPUTS);
  const packed = kernels.allocate(PAIR_BYTES * PAIRS * GROUPS);
  const sums = kernels.allocate(SUM_BYTES);
  const outBytes = 16 * OUTPUTS * GROUPS;
  const outs = [kernels.allocate(outBytes), kernels.allocate(outBytes)] as const;
  kernels.modulusInit(modulus, PRIME);
  let state = 1;
  const random = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * (2 * most + 1)) - most;
  };
  const words = kernels.i32();
  const halves = kernels.i16();
  for (let i = 0; i < 2 * PAIRS * OUTPUTS; i++) halves[weights / 2 + i] = random(511);
  for (let i = 0; i < (PAIR_BYTES / 2) * PAIRS * GROUPS; i++) halves[packed / 2 + i] = random(2 ** 14);
  for (let i = 0; i < 2 * OUTPUTS; i++) words[bias / 4 + i] = random(2 ** 14);
  words.set([0, PAIR_BYTES * (PAIRS - 8), PAIR_BYTES * (PAIRS - 8), 8 * PAIR_BYTES], runs / 4);
  words.set([runs, 2, weights, OUTPUTS / 4, bias, 0, 0, 0], block / 4);
  words.set([runs, 2, weights, OUTPUTS / 4, 0, 0, 1, 0], (block + BLOCK_BYTES) / 4);
  [kernels.gemm, wide].forEach((gemm, i) => {
    gemm(block, 2, packed, PAIR_BYTES * PAIRS, GROUPS, outs[i === 0 ? 0 : 1], 16, 16 * OUTPUTS, modulus, 1, sums);
  });
  const [usual, other] = outs.map((at) => words.subarray(at / 4, (at + outBytes) / 4));
  return usual?.some((word) => word !== 0) === true && usual.every((word, i) => word === other?.[i]);
}

interface Wide {
  readonly gemm: Gemm;
}

let compiled: { readonly module: WasmModule | undefined } | undefined;

/**
 * The product in vectors of 256 bits, where this V8 can make it and it gives the same words as the usual one. Compiled and tried once
 * a thread.
 *
 * @param memory which it shares with other kernels; it has no data of its own there
 * @param trial makes kernels with a memory of their own, to compare with
 * @returns undefined where there is none
 */
export function wideGemm(memory: WasmMemory, trial: () => Trial): Gemm | undefined {
  if (compiled === undefined) {
    const module = compileWide(path);
    const kernels = module === undefined ? undefined : trial();
    const isExact = module !== undefined && kernels !== undefined && agree(kernels, kernels.attach<Wide>(module).gemm);
    compiled = { module: isExact ? module : undefined };
  }
  return compiled.module === undefined ? undefined : memory.attach<Wide>(compiled.module).gemm;
}
