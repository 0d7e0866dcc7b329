import { InputError, UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { Block, Circuit, LinearMap } from './circuit.js';
import { countExamples, tracesOf } from './evaluate-circuit.js';
import { type CircuitKernels, DOUBLE, createCircuitKernels, doublesAt } from './kernels.js';

/** Columns of a block that are rounded together: what rounding one weight wrong asks of those that come after it. */
interface Chunk {
  /** Columns of the block in the order of their rounding. */
  readonly order: Uint32Array;
  /** Unit triangular factor, row k has k entries from k(k − 1)/2: the share of error i < k that column k makes good. */
  readonly feedback: Float64Array;
}

/** What the weights of one map are rounded by. */
export interface MapRounding {
  /** Mean of each input of the map. */
  readonly means: Float64Array;
  /** One list of chunks a block; a block's chunks hold each of its columns once. */
  readonly blocks: readonly (readonly Chunk[])[];
  /**
   * Variance of an output for rounding errors of variance 1 in its weights, after compensation: tr(D) in QuIP, theorem 1.
   * The largest of the blocks: those in the middle of an image vary most and count most; with the mean over all of them
   * the planner's prediction came out further below what was measured.
   */
  readonly energy: number;
}

/** What weights are rounded by: second moments of each map's inputs over public examples, factorised. */
export type RoundingBasis = readonly MapRounding[];

/**
 * Inputs that are compensated among themselves. Of 1,000 examples the covariances of more inputs say less: with 1,024 a
 * chunk the errors of the widest map here were a tenth larger, and the cost grows with the cube.
 */
const CHUNK = 128;

/**
 * Most entries of all factors, 32 MB and some 4 seconds at 1,000 examples. Maps of many small blocks over the same inputs
 * could ask for a hundred times that; they get smaller chunks.
 */
const MAX_ENTRIES = 4e6;
const LEAST_CHUNK = 8;

/** The largest chunk under which the circuit's factors stay below the limit; depends on nothing but the circuit. */
function chunkSizeFor(circuit: Circuit): number {
  const entries = (chunk: number): number =>
    circuit.maps.reduce(
      (sum, { blocks }) =>
        sum + blocks.reduce((own, { inputs }) => own + (inputs.length * Math.min(chunk, inputs.length)) / 2, 0),
      0,
    );
  let chunk = CHUNK;
  while (chunk > LEAST_CHUNK && entries(chunk) > MAX_ENTRIES) chunk /= 2;
  if (entries(chunk) <= MAX_ENTRIES) return chunk;
  throw new UnsupportedError('the network has too many windows over the same inputs to round its weights', {
    where: circuit.name,
    hint: 'use larger strides, or smaller windows',
  });
}

/** Share of the mean variance that is added to each: GPTQ, section 3.3. Columns that never vary need it. */
const DAMPING = 0.01;

/** Examples whose products are added to a sum at once: it is read and written a fourth as often, and they are added in their order. */
const TOGETHER = 4;

/** Kernels, and in their memory the columns of one chunk: values of {@link TOGETHER} examples, and what is summed of them. */
interface MomentRoom {
  readonly kernels: CircuitKernels;
  readonly centred: number;
  readonly squares: number;
  readonly products: number;
}

/** Room for chunks of any size up to the largest. */
function createMomentRoom(): MomentRoom {
  const kernels = createCircuitKernels();
  return {
    kernels,
    centred: kernels.allocate(TOGETHER * CHUNK * DOUBLE),
    squares: kernels.allocate(CHUNK * DOUBLE),
    products: kernels.allocate(((CHUNK * (CHUNK + 1)) / 2) * DOUBLE),
  };
}

/** Values of a map over the examples, count × width, and their means. */
interface MapValues {
  readonly values: Float64Array;
  readonly width: number;
  readonly means: Float64Array;
}

/** Second moments of some columns over the examples: their variances, and their centred covariance, lower triangle row by row. */
function momentsOf(
  { values, width, means }: MapValues,
  inputs: Uint32Array,
  { kernels, centred, squares, products }: MomentRoom,
): { readonly variances: Float64Array; readonly covariance: Float64Array } {
  const size = inputs.length;
  const count = values.length / width;
  const variances = doublesAt(kernels, squares, size).fill(0);
  const sum = doublesAt(kernels, products, (size * (size + 1)) / 2).fill(0);
  const room = doublesAt(kernels, centred, TOGETHER * size);
  for (let first = 0; first < count; first += TOGETHER) {
    // What is not there adds 0 to every sum.
    if (first + TOGETHER > count) room.fill(0);
    for (let lane = 0; lane < Math.min(TOGETHER, count - first); lane++) {
      const from = (first + lane) * width;
      for (let j = 0, at = lane * size; j < size; j++, at++) {
        const input = inputs[j]!;
        room[at] = values[from + input]! - means[input]!;
      }
    }
    kernels.addSquares(centred, size, count, squares);
    kernels.addProducts(centred, size, products);
  }
  return { variances: variances.slice(), covariance: sum.map((value) => value / count) };
}

/** The lower triangle of a symmetric matrix whose rows and columns are taken in another order. */
function reordered(lower: Float64Array, order: Uint32Array): Float64Array {
  const taken = new Float64Array(lower.length);
  for (let j = 0, at = 0; j < order.length; j++) {
    const row = order[j]!;
    for (let i = 0; i <= j; i++, at++) {
      const column = order[i]!;
      taken[at] = row < column ? lower[(column * (column + 1)) / 2 + row]! : lower[(row * (row + 1)) / 2 + column]!;
    }
  }
  return taken;
}

/** H = (U + 1)·D·(U + 1)ᵀ with U strictly upper, from the last column to the first, in place; U by columns, D apart. */
function factorise(lower: Float64Array, size: number): { feedback: Float64Array; diagonal: Float64Array } {
  const feedback = new Float64Array((size * (size - 1)) / 2);
  const diagonal = new Float64Array(size);
  for (let k = size - 1; k >= 0; k--) {
    const row = (k * (k + 1)) / 2;
    const pivot = lower[row + k] ?? 1;
    diagonal[k] = pivot;
    const column = feedback.subarray((k * (k - 1)) / 2, (k * (k + 1)) / 2);
    for (let i = 0; i < k; i++) column[i] = (lower[row + i] ?? 0) / pivot;
    for (let i = 0, at = 0; i < k; i++) {
      const factor = lower[row + i] ?? 0;
      if (factor === 0) at += i + 1;
      else for (let j = 0; j <= i; j++, at++) lower[at] = (lower[at] ?? 0) - factor * (column[j] ?? 0);
    }
  }
  return { feedback, diagonal };
}

/** Of each column over the examples. */
function meansOf(values: Float64Array, width: number): Float64Array {
  const count = values.length / width;
  const means = new Float64Array(width);
  for (let from = 0; from < values.length; from += width) {
    for (let input = 0; input < width; input++) means[input] = means[input]! + values[from + input]! / count;
  }
  return means;
}

function chunkOf(
  map: MapValues,
  inputs: readonly number[],
  range: { readonly from: number; readonly size: number },
  room: MomentRoom,
): { chunk: Chunk; energy: number } {
  const { from, size } = range;
  const columns = Uint32Array.from(inputs.slice(from, from + size));
  const { variances, covariance } = momentsOf(map, columns, room);
  // The most variable first: its error can still be made good by all others (GPTQ's "act-order").
  const order = Uint32Array.from(variances.keys()).sort((a, b) => (variances[b] ?? 0) - (variances[a] ?? 0) || a - b);
  const lower = reordered(covariance, order);
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  // Of inputs that never vary nothing can be learned; any damping will do, since nothing may be divided by 0.
  const damping = total > 0 ? (DAMPING * total) / size : 1;
  for (let j = 0; j < size; j++) {
    const at = (j * (j + 3)) / 2;
    lower[at] = (lower[at] ?? 0) + damping;
  }
  const { feedback, diagonal } = factorise(lower, size);
  const energy = total > 0 ? diagonal.reduce((sum, d) => sum + d, 0) : 0;
  return { chunk: { order: order.map((j) => j + from), feedback }, energy };
}

function roundingOfMap(map: LinearMap, values: Float64Array, chunk: number, room: MomentRoom): MapRounding {
  const means = meansOf(values, map.inputs);
  const measured = { values, width: map.inputs, means };
  let energy = 0;
  const blocks = map.blocks.map(({ inputs }) => {
    const chunks: Chunk[] = [];
    let sum = 0;
    for (let from = 0; from < inputs.length; from += chunk) {
      const size = Math.min(chunk, inputs.length - from);
      const made = chunkOf(measured, inputs, { from, size }, room);
      chunks.push(made.chunk);
      sum += made.energy;
    }
    energy = Math.max(energy, sum);
    return chunks;
  });
  if (!Number.isFinite(energy)) {
    throw new InputError('the values of the network are not finite on the examples', {
      where: 'rounding of weights',
      hint: 'training diverged, or an imported layer has weights that it must not have',
    });
  }
  return { means, blocks, energy };
}

/**
 * Measures what weights should be rounded by.
 *
 * @param features count × inputs of the first map: public examples, at least one
 * @throws InputError unless the features are whole examples, or when values on them are not finite
 * @throws UnsupportedError for a circuit of too many windows over the same inputs
 */
export function roundingBasis(circuit: Circuit, features: Float32Array): RoundingBasis {
  const count = countExamples(circuit, features, 'rounding');
  const values = circuit.maps.map((map) => new Float64Array(count * map.inputs));
  elementAt(values, 0).set(features);
  let n = 0;
  for (const trace of tracesOf(circuit, features)) {
    for (let i = 1; i < circuit.maps.length; i++) {
      const before = elementAt(trace, i - 1);
      elementAt(values, i).set(
        before.map((value) => value * value),
        n * before.length,
      );
    }
    n++;
  }
  const chunk = chunkSizeFor(circuit);
  const room = createMomentRoom();
  return circuit.maps.map((map, i) => roundingOfMap(map, elementAt(values, i), chunk, room));
}

/**
 * Rounds a block's weights one after the other, each with the errors before it that it can make good: LDLQ (Chee et al.,
 * QuIP, arXiv 2307.13304, section 3; the same as GPTQ, arXiv 2210.17323). A mean error is left to the bias.
 *
 * @param chunks of this block, from {@link roundingBasis}
 * @param scale real factor between a weight and its integer
 * @returns integers within ±limit, row-major like the weights
 */
export function roundBlock(block: Block, chunks: readonly Chunk[], scale: number, limit: number): Int16Array {
  const columns = block.inputs.length;
  const rounded = new Int16Array(block.weights.length);
  for (const { order, feedback } of chunks) {
    const errors = new Float64Array(order.length);
    for (let row = 0; row < block.outputs.length; row++) {
      for (let k = 0, at = 0; k < order.length; k++) {
        const index = row * columns + (order[k] ?? 0);
        const exact = (block.weights[index] ?? 0) * scale;
        let wanted = exact;
        for (let i = 0; i < k; i++, at++) wanted += (errors[i] ?? 0) * (feedback[at] ?? 0);
        const integer = Math.max(-limit, Math.min(limit, Math.round(wanted)));
        rounded[index] = integer;
        errors[k] = exact - integer;
      }
    }
  }
  return rounded;
}
