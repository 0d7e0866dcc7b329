import type { CkksParameters } from '@ciphernet/ckks';
import { type ProductPlan, type QuadraticForms, productLayout, weightPolynomial } from '@ciphernet/compiler';
import { UnsupportedError } from '@ciphernet/foundation';
import {
  MODULUS_BYTES,
  RING_CODES,
  createRingKernels,
  multiplyModulo,
  powerModulo,
  rootTableBytes,
} from '@ciphernet/ring';
import {
  BLOCK_PAIRS,
  MOST_BODY_BYTES,
  type ProductsHeader,
  blockWords,
  blocksOf,
  bodyBytes,
  encodeProductsHeader,
} from './products-file.js';

/** Transforms integers into the kernel's form, modulo one prime. */
function weightTransformer({ ringDegree: N }: CkksParameters, prime: number): (weights: Float64Array) => Int32Array {
  const kernels = createRingKernels();
  const logN = Math.log2(N);
  const modulus = kernels.allocate(MODULUS_BYTES);
  const tables = kernels.allocate(rootTableBytes(N));
  const values = kernels.allocate(4 * N);
  kernels.modulusInit(modulus, prime);
  kernels.rootsInit(tables, logN, modulus, RING_CODES.standard);
  const words = kernels.u32().subarray(values / 4, values / 4 + N);
  // What the kernel's two reductions divide by.
  const factor = powerModulo(2, 64, prime);
  return (weights) => {
    for (let i = 0; i < N; i++) words[i] = ((weights[i]! % prime) + prime) % prime;
    kernels.nttForward(values, logN, tables, modulus);
    return Int32Array.from(words, (word) => {
      const form = multiplyModulo(word, factor, prime);
      return form > prime / 2 ? form - prime : form;
    });
  };
}

/** A circuit that is to be written. */
export interface ProductCircuit {
  readonly name: string;
  readonly forms: QuadraticForms;
  readonly plan: ProductPlan;
}

/**
 * The bytes of a circuit's compiled products, block by block.
 *
 * @throws UnsupportedError when they are too many
 */
export function* productChunks({ name, forms, plan }: ProductCircuit): Generator<Uint8Array> {
  const { parameters, mode, inputScale, weightScale } = plan;
  const { ringDegree: N } = parameters;
  const outputs = forms.forms.length;
  const features = forms.width - 1;
  const header: ProductsHeader = {
    name,
    parameters,
    mode,
    features,
    outputs,
    inputScale,
    weightScale,
    constants: [...forms.constants],
  };
  if (bodyBytes(header) > MOST_BODY_BYTES) {
    throw new UnsupportedError(`${features} features and ${outputs} outputs take ${bodyBytes(header)} bytes`, {
      where: `circuit ${name}`,
      hint: 'compile it for whole batches (--packing slots)',
    });
  }
  const layout = productLayout(features, N);
  yield encodeProductsHeader(header);
  for (const prime of parameters.primes) {
    const transform = weightTransformer(parameters, prime);
    for (let block = 0; block < blocksOf(layout); block++) {
      const words = new Int32Array(blockWords(header));
      for (let k = 0; k < BLOCK_PAIRS; k++) {
        const pair = layout.pairs[block * BLOCK_PAIRS + k];
        if (pair === undefined) continue;
        for (let output = 0; output < outputs; output++) {
          const weights = transform(weightPolynomial(forms, output, pair, layout, weightScale));
          for (let g = 0; g < N / 4; g++) {
            words.set(weights.subarray(4 * g, 4 * g + 4), ((g * outputs + output) * BLOCK_PAIRS + k) * 4);
          }
        }
      }
      yield new Uint8Array(words.buffer);
    }
  }
}
