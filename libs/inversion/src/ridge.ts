import { crossProducts, solveRidge } from './linear-algebra.js';
import { type PairSet, columnMeans, fractionsOf, takePairs } from './pairs.js';

/** Ridges that are tried, as shares of the mean diagonal of the encoded values' products. */
const RIDGES = [1e-4, 1e-3, 1e-2, 1e-1, 1] as const;
/** Of the pairs this share chooses the ridge: an attacker can do as much. */
const HELD_OUT = 0.2;
/** Every so many pixels are enough to choose it, and take as much less time. */
const PIXEL_STEP = 7;

function centred(values: Float32Array, means: Float64Array): Float32Array {
  return values.map((value, i) => value - means[i % means.length]!);
}

interface Fitted {
  readonly weights: Float64Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Best affine maps from encoded to plain values by least squares, one a ridge. */
function fit({ images, encoded, width, encodedWidth }: PairSet, ridges: readonly number[]): Fitted[] {
  const [z, x] = [fractionsOf(encoded), fractionsOf(images)];
  const [from, to] = [columnMeans(z, encodedWidth), columnMeans(x, width)];
  const inputs = centred(z, from);
  const squares = crossProducts(inputs, inputs, encodedWidth, encodedWidth);
  const products = crossProducts(inputs, centred(x, to), encodedWidth, width);
  let trace = 0;
  for (let i = 0; i < encodedWidth; i++) trace += squares[i * encodedWidth + i]!;
  // Pairs that are all the same have no products: then the mean is all there is.
  const unit = Math.max(trace / encodedWidth, 1e-9);
  return ridges.map((ridge) => ({ weights: solveRidge(squares, products, encodedWidth, ridge * unit), from, to }));
}

function apply({ weights, from, to }: Fitted, encoded: Uint8Array): Float32Array {
  const z = centred(fractionsOf(encoded), from);
  const [inputs, outputs] = [from.length, to.length];
  const rows = z.length / inputs;
  const x = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    const sums = to.slice();
    for (let i = 0; i < inputs; i++) {
      const value = z[row * inputs + i]!;
      const at = i * outputs;
      for (let j = 0; j < outputs; j++) sums[j]! += value * weights[at + j]!;
    }
    x.set(sums, row * outputs);
  }
  return x;
}

function squaredError(values: Float32Array, images: Uint8Array): number {
  return values.reduce((sum, value, i) => sum + (Math.max(0, Math.min(1, value)) - images[i]! / 255) ** 2, 0);
}

/** Every so many pixels of the pairs' images. */
function somePixels(pairs: PairSet): PairSet {
  const width = Math.ceil(pairs.width / PIXEL_STEP);
  const images = new Uint8Array(pairs.count * width);
  for (let n = 0; n < pairs.count; n++) {
    for (let i = 0; i < width; i++) images[n * width + i] = pairs.images[n * pairs.width + i * PIXEL_STEP]!;
  }
  return { ...pairs, width, images };
}

/** The ridge that reconstructs a held-out part of the pairs best, by some of their pixels. */
function chosenRidge(whole: PairSet): number {
  const held = Math.max(1, Math.floor(whole.count * HELD_OUT));
  const kept = whole.count - held;
  if (kept < 2) return 1;
  const pairs = somePixels(whole);
  const images = pairs.images.subarray(kept * pairs.width);
  const encoded = pairs.encoded.subarray(kept * pairs.encodedWidth);
  const errors = fit(takePairs(pairs, kept), RIDGES).map((fitted) => squaredError(apply(fitted, encoded), images));
  return RIDGES[errors.indexOf(Math.min(...errors))] ?? 1;
}

/** What ridge regression learned: the pixels of encoded examples, count × width, not bounded to [0, 1]. */
export type RidgeDecoder = (encoded: Uint8Array) => Float32Array;

/** Known plaintexts: learns the affine map from encoded values to pixels that is best by least squares, with a ridge. */
export function fitRidge(pairs: PairSet): RidgeDecoder {
  const [fitted] = fit(pairs, [chosenRidge(pairs)]);
  if (fitted === undefined) throw new Error('nothing was fitted');
  return (encoded) => apply(fitted, encoded);
}
