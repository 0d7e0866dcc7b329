import type { DistillationExamples } from '@ciphernet/conversion';
import { InputError } from '@ciphernet/foundation';
import { permutation, stream } from '@ciphernet/training';
import type { ExamplePart } from './conversion-data.js';

/** Examples with what the original says of them. */
export type Answered = DistillationExamples;

/** What a conversion trains with, chooses by, and reports at the end. */
export interface ConversionSplit {
  readonly training: Answered;
  readonly validation: Answered;
  readonly test: Answered;
  /** True where nobody gave test data: it was held out of the training data. */
  readonly isHeldOut: boolean;
}

/** Share of the training data for each part that is held out of it, and most examples of one. */
const HELD_OUT = 0.15;
const MOST_HELD_OUT = 5000;
/** With fewer examples no part says anything. */
const LEAST_EXAMPLES = 40;

/** Rows of a list in an order. */
function rows(list: Float32Array, count: number, order: Uint32Array): Float32Array {
  const width = list.length / count;
  const result = new Float32Array(order.length * width);
  order.forEach((row, i) => result.set(list.subarray(row * width, (row + 1) * width), i * width));
  return result;
}

function chosen({ count, values, targets, teacher }: Answered, order: Uint32Array): Answered {
  return {
    count: order.length,
    values: rows(values, count, order),
    targets: targets === undefined ? undefined : rows(targets, count, order),
    teacher: rows(teacher, count, order),
  };
}

/** Examples with the original's scores. */
export function answered({ count, values, targets }: ExamplePart, teacher: Float32Array): Answered {
  return { count, values, targets, teacher };
}

/**
 * Parts a conversion's data at random, the same way for the same seed: files are often sorted by their labels.
 *
 * @param test given apart, or undefined
 * @throws InputError for fewer than 40 examples
 */
export function splitExamples(data: Answered, test: Answered | undefined, seed: number): ConversionSplit {
  if (data.count < LEAST_EXAMPLES) {
    throw new InputError(`${data.count} examples to train with`, {
      where: '--train',
      hint: `a conversion needs at least ${LEAST_EXAMPLES}; thousands for images`,
    });
  }
  const order = permutation(data.count, stream(seed, 'split', 0));
  const held = Math.min(MOST_HELD_OUT, Math.round(HELD_OUT * data.count));
  const rest = order.subarray(test === undefined ? 2 * held : held);
  return {
    training: chosen(data, rest),
    validation: chosen(data, order.subarray(0, held)),
    test: test ?? chosen(data, order.subarray(held, 2 * held)),
    isHeldOut: test === undefined,
  };
}
