import type { Candidate } from './candidates.js';
import {
  type DistillationExamples,
  type DistillationOptions,
  type DistillationRecipe,
  distil,
  stepsOf,
} from './distil.js';
import { type Answers, type Objective, lossOf } from './objective.js';
import { scoresOf } from './settle.js';
import { type Student, momentsOf, startStudent } from './student-weights.js';

/** What a short training of a structure gave. */
export interface TrialResult {
  readonly name: string;
  /** Loss on validation data, as in training. */
  readonly validationLoss: number;
}

/** Examples that the original's activations are measured on. */
const MEASURED = 1024;
/** What structures are tried on. */
export interface TrialTask {
  readonly training: DistillationExamples;
  readonly validation: DistillationExamples;
  readonly objective: Objective;
  readonly recipe: DistillationRecipe;
}

/** How long a structure is tried. */
export interface TrialLength {
  /** Of the first examples. */
  readonly examples: number;
  readonly steps: number;
}

/**
 * All pairs are tried for a moment, and the best of them again for longer: two squares of convolutions are ahead after 50 steps
 * and behind after 200.
 */
export const TRIALS: readonly [short: TrialLength, long: TrialLength] = [
  { examples: 4096, steps: 48 },
  { examples: 8192, steps: 240 },
];
const TRIAL_VALIDATION = 1024;

/** The first examples, at most so many; views of the same memory. */
export function firstOf({ count, values, targets, teacher }: DistillationExamples, most: number): DistillationExamples {
  const taken = Math.min(count, most);
  const part = (list: Float32Array): Float32Array => list.subarray(0, (list.length / count) * taken);
  return {
    count: taken,
    values: part(values),
    targets: targets === undefined ? undefined : part(targets),
    teacher: part(teacher),
  };
}

/** A structure's network before training. @param values training examples */
export function startOf({ graph, squares }: Candidate, examples: DistillationExamples): Student {
  const sample = firstOf(examples, MEASURED).values;
  return startStudent(graph, squares, momentsOf(graph, sample));
}

/** Loss of a network on examples, without the penalty of ranges. */
export function evaluateLoss(
  student: Student,
  objective: Objective,
  { values, targets, teacher }: Answers & Pick<DistillationExamples, 'values'>,
): number {
  return lossOf(objective, scoresOf(student, values), { targets, teacher }).loss;
}

/**
 * Trains a structure on a part of the examples.
 *
 * @throws the signal's reason
 */
export async function tryCandidate(
  candidate: Candidate,
  { training, validation, objective, recipe }: TrialTask,
  length: TrialLength,
  { signal, onStep }: Pick<DistillationOptions, 'signal' | 'onStep'> = {},
): Promise<TrialResult> {
  const part = firstOf(training, length.examples);
  const start = startOf(candidate, part);
  const epochs = Math.ceil(length.steps / stepsOf(part.count, recipe.batch));
  let student = start;
  for await (const epoch of distil(start, part, objective, { ...recipe, epochs }, { signal, onStep }))
    student = epoch.student;
  return {
    name: candidate.name,
    validationLoss: evaluateLoss(student, objective, firstOf(validation, TRIAL_VALIDATION)),
  };
}
