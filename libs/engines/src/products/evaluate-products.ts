import { type Batch, type BatchHeader, type BatchSource, assertBelow, batchToBytes } from '@ciphernet/artifacts';
import { componentsAfter, parametersDigest } from '@ciphernet/ckks';
import { IntegrityError, elementAt } from '@ciphernet/foundation';
import { MIN_PRIME, MODULUS_BYTES, residueOf } from '@ciphernet/ring';
import { biasInteger } from '../engine.js';
import { type Kernels, createKernels } from '../wasm/kernels.js';
import { BLOCK_PAIRS, type ProductsFile, blocksOf, groupWords } from './products-file.js';

/** Of a product of two fresh ciphertexts. */
const COMPONENTS = componentsAfter(1);

/** Bytes of the kernel's scratch: `PAIRS * PRODUCT_BYTES` of assembly/products.ts. */
const SCRATCH_BYTES = 48 * BLOCK_PAIRS;

/** Bytes of weights that are read at a time: they, the ciphertexts' part and that of the sums stay in the second cache. */
const PIECE_BYTES = 2 ** 17;

/** Groups of four coefficients whose weights are read at a time, a power of two as N is. */
function groupsAtATime({ header }: ProductsFile): number {
  const fitting = Math.max(1, PIECE_BYTES / (4 * groupWords(header)));
  return Math.min(header.parameters.ringDegree / 4, 2 ** Math.floor(Math.log2(fitting)));
}

/** @throws IntegrityError unless the shard was encrypted for these products */
function assertFits({ header, layout }: ProductsFile, shard: BatchHeader): void {
  const { parameters, inputScale, name } = header;
  const fits =
    shard.kind === 'shard' &&
    shard.components === 2 &&
    shard.ringDegree === parameters.ringDegree &&
    shard.tile === shard.ringDegree &&
    shard.parametersDigest === parametersDigest(parameters) &&
    shard.primes.join() === parameters.primes.join() &&
    shard.primes.every((prime) => prime >= MIN_PRIME) &&
    shard.ciphertexts === 2 * layout.chunks &&
    shard.scale === inputScale;
  if (fits) return;
  throw new IntegrityError(
    'the batch was not encrypted for this model (parameters, ciphertexts, tile or scale differ)',
    {
      where: `model ${name}`,
      hint: 'make keys for this model, and encrypt with them',
    },
  );
}

/** Memory of the kernel for one prime after another: byte offsets. */
interface Workspace {
  readonly cipher: number;
  readonly pairs: number;
  /** Of so many groups as are read at a time. */
  readonly weights: number;
  readonly scratch: number;
  readonly acc: number;
  readonly modulus: number;
}

function reserve(kernels: Kernels, model: ProductsFile): Workspace {
  const { header, layout } = model;
  const { outputs, parameters } = header;
  const row = 4 * parameters.ringDegree;
  return {
    cipher: kernels.allocate(2 * 2 * layout.chunks * row),
    pairs: kernels.allocate(8 * BLOCK_PAIRS),
    weights: kernels.allocate(4 * groupWords(header) * groupsAtATime(model)),
    scratch: kernels.allocate(SCRATCH_BYTES),
    acc: kernels.allocate(outputs * COMPONENTS * row),
    modulus: kernels.allocate(MODULUS_BYTES),
  };
}

/** Where the two ciphertexts of a block's pairs begin, in bytes; those of the first for pairs that are none, whose weights are 0. */
function pairOffsets({ layout }: ProductsFile, block: number): Int32Array {
  const row = 4 * layout.ringDegree;
  return Int32Array.from({ length: 2 * BLOCK_PAIRS }, (_, at) => {
    const [a, b] = layout.pairs[block * BLOCK_PAIRS + (at >> 1)] ?? [0, 0];
    return row * (at % 2 === 0 ? a : layout.chunks + b);
  });
}

/** @throws IntegrityError for weights that the kernel's bounds do not allow */
function checkWeights(largest: number, prime: number, where: string): void {
  if (largest >>> 0 <= prime / 2) return;
  throw new IntegrityError('a weight is beyond half its prime', { where, hint: 'compile the model again' });
}

/** Sums of the products modulo one prime, whose ciphertexts are in their place: [output][component] rows in `acc`. */
function addProducts(kernels: Kernels, model: ProductsFile, space: Workspace, primeIndex: number): void {
  const { header, layout } = model;
  const { outputs, parameters, name } = header;
  const { ringDegree: N } = parameters;
  const { cipher, pairs, scratch, acc, modulus } = space;
  const componentBytes = 4 * 2 * layout.chunks * N;
  const together = groupsAtATime(model);
  const i32 = kernels.i32();
  const at = (pointer: number, words: number): Int32Array => i32.subarray(pointer / 4, pointer / 4 + words);
  const weights = at(space.weights, groupWords(header) * together);
  const offsets = Array.from({ length: blocksOf(layout) }, (_, block) => pairOffsets(model, block));
  at(acc, outputs * COMPONENTS * N).fill(0);
  for (let group = 0; group < N / 4; group += together) {
    const from = 16 * group;
    offsets.forEach((pairsOfBlock, block) => {
      model.readWeights(primeIndex, block, group, weights);
      const largest = kernels.largestMagnitude(space.weights, weights.length);
      checkWeights(largest, elementAt(parameters.primes, primeIndex), `model ${name}`);
      at(pairs, 2 * BLOCK_PAIRS).set(pairsOfBlock);
      kernels.productBlock(
        cipher + from,
        componentBytes,
        pairs,
        space.weights,
        outputs,
        together,
        scratch,
        acc + from,
        4 * N,
        modulus,
      );
    });
  }
}

/**
 * Evaluates compiled products on the ciphertexts of one example. The result's polynomials hold an output each, as their coefficient of
 * X^0; the other coefficients are sums that nobody needs.
 *
 * @throws IntegrityError for a batch of another model, and for residues or weights out of range
 */
export function evaluateProducts(model: ProductsFile, shard: BatchSource, where: string): Batch {
  const { header, layout } = model;
  assertFits(model, shard.header);
  // The product of wide vectors, which takes time to compile, has no part in these.
  const kernels = createKernels(false);
  const space = reserve(kernels, model);
  const N = layout.ringDegree;
  const { outputs, parameters, constants, inputScale, weightScale } = header;
  const scale = inputScale ** 2 * weightScale;
  const u32 = kernels.u32();
  const ciphertexts = u32.subarray(space.cipher / 4, space.cipher / 4 + 2 * 2 * layout.chunks * N);
  const accWords = outputs * COMPONENTS * N;
  const result = new Uint32Array(parameters.primes.length * accWords);
  parameters.primes.forEach((prime, primeIndex) => {
    kernels.modulusInit(space.modulus, prime);
    // Of one tile, [component][ciphertext][coefficient], as the kernel takes them.
    shard.readTiles(primeIndex, 0, ciphertexts);
    assertBelow(prime, kernels.largest(space.cipher, ciphertexts.length) >>> 0, where);
    addProducts(kernels, model, space, primeIndex);
    const target = result.subarray(primeIndex * accWords, (primeIndex + 1) * accWords);
    for (let output = 0; output < outputs; output++) {
      const constant = residueOf(biasInteger(elementAt(constants, output), scale), prime);
      for (let component = 0; component < COMPONENTS; component++) {
        const row = space.acc + 4 * N * (output * COMPONENTS + component);
        kernels.addConstant(row, N, component === 0 ? constant : 0, space.modulus);
        target.set(u32.subarray(row / 4, row / 4 + N), (component * outputs + output) * N);
      }
    }
  });
  return {
    header: { ...shard.header, kind: 'result', ciphertexts: outputs, components: COMPONENTS, scale, wordBits: 32 },
    residues: result,
  };
}

/** A result as it travels: residues of 30 bits. Its values are not paired: what would be the second's place is taken. */
export function productsToBytes({ header, residues }: Batch): Uint8Array {
  return batchToBytes({ ...header, wordBits: 30 }, residues);
}
