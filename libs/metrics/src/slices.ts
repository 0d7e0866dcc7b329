import { InputError, elementAt } from '@ciphernet/foundation';
import { type Evaluation, evaluateChecked } from './evaluate.js';
import { MAX_VISITS, type ResamplingOptions, resamplingOf } from './resampling.js';
import { type Predictions, targetsAnExample } from './task.js';
import { checkPredictions } from './validate.js';

/** A property of examples by which metrics are broken down. */
export interface Slices {
  /** count numbers of names */
  readonly values: Uint16Array;
  readonly names: readonly string[];
}

/** The metrics of one slice. */
export interface SliceEvaluation {
  readonly name: string;
  readonly evaluation: Evaluation;
}

export interface SlicedEvaluation {
  /** Slices with at least the minimum, in the order of their names. */
  readonly slices: readonly SliceEvaluation[];
  /**
   * Slices that are too small to be shown alone, together, and where they are still too few the smallest other slice with
   * them: else the whole without the shown slices would give the figures away. No evaluation where even all are too few.
   */
  readonly remainder?: { readonly names: readonly string[]; readonly evaluation?: Evaluation };
  /** Names without examples. */
  readonly empty: readonly string[];
}

/** Examples of some slices. */
function select(predictions: Predictions, examples: Uint32Array): Predictions {
  const take = (values: Float64Array, each: number): Float64Array => {
    const taken = new Float64Array(examples.length * each);
    for (let i = 0, to = 0; i < examples.length; i++) {
      const start = examples[i]! * each;
      for (let k = 0; k < each; k++) taken[to++] = values[start + k]!;
    }
    return taken;
  };
  const { outputs, width, targets, task } = predictions;
  return { ...predictions, outputs: take(outputs, width), targets: take(targets, targetsAnExample(task)) };
}

function countSlices({ values, names }: Slices, count: number): Uint32Array {
  if (values.length !== count) {
    throw new InputError(`${values.length} slice values for ${count} examples`, {
      where: 'slices',
      hint: 'one value an example, in the order of the outputs',
    });
  }
  const counts = new Uint32Array(names.length);
  values.forEach((slice, i) => {
    if (slice >= names.length) {
      throw new InputError(`slice ${slice} of example ${i} is beyond ${names.length} names`, {
        where: 'slices',
        hint: 'name every value',
      });
    }
    counts[slice]! += 1;
  });
  return counts;
}

/** The examples of each slice, in their order; one pass, however many slices there are. */
function groupExamples(values: Uint16Array, counts: Uint32Array): (slice: number) => Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  for (let slice = 0; slice < counts.length; slice++) starts[slice + 1] = starts[slice]! + counts[slice]!;
  const next = starts.slice();
  const examples = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) examples[next[values[i]!]!++] = i;
  return (slice) => examples.subarray(starts[slice], starts[slice + 1]);
}

function concatenate(parts: readonly Uint32Array[], length: number): Uint32Array {
  const whole = new Uint32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Which slices cannot be shown alone: those below the minimum, and larger ones until together they reach it. */
function hiddenSlices(counts: Uint32Array, minimum: number): Set<number> {
  const hidden = new Set<number>();
  let together = 0;
  const filled = [...counts.keys()].filter((slice) => counts[slice]! > 0).sort((a, b) => counts[a]! - counts[b]!);
  for (const slice of filled) {
    if (counts[slice]! >= minimum && (together === 0 || together >= minimum)) break;
    hidden.add(slice);
    together += counts[slice]!;
  }
  return hidden;
}

/**
 * Metrics of parts of the examples. A slice below `minimum` examples is not shown: it goes into the remainder.
 *
 * @param options.minimum examples that a shown slice has at least, from 1
 * @throws InputError, UnsupportedError as `evaluateMetrics`, and for slices that do not fit the examples
 */
export function evaluateSlices(
  predictions: Predictions,
  slices: Slices,
  options: ResamplingOptions & { readonly minimum: number },
): SlicedEvaluation {
  const { minimum } = options;
  if (!Number.isInteger(minimum) || minimum < 1) {
    throw new InputError(`a minimum of ${minimum}`, { where: 'minimum', hint: 'a whole number of examples from 1' });
  }
  const count = checkPredictions(predictions);
  const counts = countSlices(slices, count);
  const hidden = hiddenSlices(counts, minimum);
  const shown = [...counts.keys()].filter((slice) => counts[slice]! > 0 && !hidden.has(slice));
  // All slices together read what one evaluation may.
  const resampling = resamplingOf(options, MAX_VISITS / (shown.length + 1));
  const examplesOf = groupExamples(slices.values, counts);
  const evaluate = (examples: Uint32Array): Evaluation =>
    evaluateChecked(select(predictions, examples), examples.length, resampling);
  const namesOf = (numbers: Iterable<number>): string[] => [...numbers].map((slice) => elementAt(slices.names, slice));
  const together = [...hidden].reduce((sum, slice) => sum + counts[slice]!, 0);
  return {
    slices: shown.map((slice) => ({
      name: elementAt(slices.names, slice),
      evaluation: evaluate(examplesOf(slice)),
    })),
    ...(hidden.size === 0
      ? {}
      : {
          remainder: {
            names: namesOf([...hidden].sort((a, b) => a - b)),
            ...(together < minimum ? {} : { evaluation: evaluate(concatenate([...hidden].map(examplesOf), together)) }),
          },
        }),
    empty: namesOf([...counts.keys()].filter((slice) => counts[slice] === 0)),
  };
}
