import { shuffle } from '@ciphernet/foundation';
import { keyedUniform } from './keyed-uniform.js';

/** Stands where a slot holds an example of zeros. */
export const ZERO_EXAMPLE = -1;

/** Share of the examples that stand in two slots each. */
const TWIN_SHARE = 0.02;
/** Examples of zeros, as a share of the examples. */
const ZERO_SHARE = 0.005;
/** Even a small dataset has two of each. */
const LEAST = 2;

/** Where a dataset's examples stand among its slots: known to its owner only. */
export interface Arrangement {
  /** One a slot in use: the example that it holds, or {@link ZERO_EXAMPLE}. */
  readonly order: Int32Array;
  /** Slots of the same example, twice the same one an entry. */
  readonly twins: readonly (readonly [number, number])[];
  /** Slots of zeros. */
  readonly zeros: readonly number[];
  /** One an example: its slot, the first one of twins. */
  readonly slotOf: Int32Array;
}

/** Slots in use for so many examples: 2.5 % more, and at least two twins and two zeros. */
export function slotsFor(examples: number): number {
  return examples + twinCount(examples) + zeroCount(examples);
}

const twinCount = (examples: number): number => Math.min(examples, Math.max(LEAST, Math.ceil(TWIN_SHARE * examples)));
const zeroCount = (examples: number): number => Math.max(LEAST, Math.ceil(ZERO_SHARE * examples));

/**
 * Places examples, twins of some of them, and zeros in a secret order. Who does not know the seed cannot tell a twin, a
 * zero and any other example apart: they are fresh ciphertexts all.
 *
 * @param seed 32 bytes; the same one gives the same order
 */
export function arrange(examples: number, seed: Uint8Array): Arrangement {
  const uniform = keyedUniform(seed);
  const drawn = Int32Array.from({ length: examples }, (_, i) => i);
  shuffle(drawn, uniform);
  const doubled = drawn.subarray(0, twinCount(examples));
  const order = new Int32Array(slotsFor(examples)).fill(ZERO_EXAMPLE);
  for (let i = 0; i < examples; i++) order[i] = i;
  order.set(doubled, examples);
  shuffle(order, uniform);

  const slotOf = new Int32Array(examples).fill(-1);
  const twins: [number, number][] = [];
  const zeros: number[] = [];
  order.forEach((example, slot) => {
    const before = slotOf[example] ?? -1;
    if (example === ZERO_EXAMPLE) zeros.push(slot);
    else if (before >= 0) twins.push([before, slot]);
    else slotOf[example] = slot;
  });
  return { order, twins, zeros, slotOf };
}

/** Rows of the slots back in the examples' order. @param values slots × width @returns examples × width */
export function valuesOfExamples({ slotOf }: Arrangement, values: Float64Array, width: number): Float64Array {
  const own = new Float64Array(slotOf.length * width);
  slotOf.forEach((slot, example) => own.set(values.subarray(slot * width, (slot + 1) * width), example * width));
  return own;
}
