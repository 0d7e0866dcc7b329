import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256Hex } from '@ciphernet/foundation';
import {
  Adam,
  type Checkpoint,
  type Recipe,
  clipNorm,
  learningRate,
  permutation,
  requireSameRun,
  stream,
} from '@ciphernet/training';
import * as tf from '@tensorflow/tfjs-core';
import { boundedSquare } from './fit.js';
import { batchTensor, forward, trainingActivations, uploadWeights, weightTensors } from './forward.js';
import { type Answers, type Objective, lossTensor } from './objective.js';
import { settled } from './settle.js';
import type { Student } from './student-weights.js';

/** Examples to train with: what the network reads, what is known, and what the original says. */
export interface DistillationExamples extends Answers {
  readonly count: number;
  /** count × values of an example, as the original reads them, channels of images innermost. */
  readonly values: Float32Array;
}

/** How a converted network is trained; after the warm-up the rate falls by half a cosine. */
export type DistillationRecipe = Pick<
  Recipe,
  'epochs' | 'seed' | 'batch' | 'peakRate' | 'warmUp' | 'clip' | 'weightDecay'
>;

/** Fewest and most epochs where nobody says how many, and the steps that they are to come to. */
const EPOCHS = { least: 10, most: 60, steps: 3000 } as const;

/** How a network is trained on so many examples: few want smaller batches and more epochs. */
export function recipeFor(count: number, seed: number, epochs?: number): DistillationRecipe {
  const batch = count >= 4000 ? 128 : count >= 1000 ? 64 : 32;
  const enough = Math.round(EPOCHS.steps / stepsOf(count, batch));
  return {
    epochs: epochs ?? Math.min(EPOCHS.most, Math.max(EPOCHS.least, enough)),
    seed,
    batch,
    peakRate: 4e-3,
    warmUp: 0.2,
    clip: 5,
    weightDecay: 0.01,
  };
}

/** A trained state after an epoch. */
export interface DistilledEpoch {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch. */
  readonly loss: number;
  /** With statistics that belong to its weights. */
  readonly student: Student;
  readonly checkpoint: Checkpoint;
}

/** What a run may be given besides. */
export interface DistillationOptions {
  readonly resume?: Checkpoint | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?:
    ((progress: { readonly done: number; readonly total: number; readonly loss: number }) => void) | undefined;
}

/** Examples that statistics of the weights of an epoch are measured on. */
const SETTLING_EXAMPLES = 2048;
/** The event loop gets a turn this often, so that an abort and other work can come in. */
const TURN_MS = 50;

function gather(source: Float32Array, order: Uint32Array, from: number, to: number, width: number): Float32Array {
  const rows = new Float32Array((to - from) * width);
  for (let i = from; i < to; i++)
    rows.set(source.subarray(order[i]! * width, (order[i]! + 1) * width), (i - from) * width);
  return rows;
}

/** Loss and gradient of one batch. */
export function gradientOf(
  { graph, layout }: Student,
  weights: Float32Array,
  values: Float32Array,
  objective: Objective,
  answers: Answers,
): { readonly loss: number; readonly gradient: Float32Array } {
  const gradient = new Float32Array(layout.trainedSize);
  let mean = NaN;
  tf.tidy(() => {
    const tensors = uploadWeights(layout, weights);
    const x = batchTensor(graph, values);
    const loss = (...trained: tf.Tensor[]): tf.Scalar => {
      const weight = weightTensors(layout, [...trained, ...tensors.slice(layout.trainedSlots)]);
      let penalties = 0;
      const activate = trainingActivations(weight, (_index, _moments, penalty) => (penalties += penalty));
      const scores = forward(graph, x, weight, activate);
      return lossTensor(scores, objective, answers, (value) => (mean = value + penalties));
    };
    const { grads } = tf.valueAndGrads(loss)(tensors.slice(0, layout.trainedSlots));
    grads.forEach((grad, slot) => gradient.set(grad.dataSync<'float32'>(), layout.slots[slot]!.offset));
  });
  return { loss: mean, gradient };
}

/** Steps of an epoch. A batch of a few examples has statistics of its own: what is left over waits for another epoch's order. */
export function stepsOf(count: number, batch: number): number {
  return Math.max(1, Math.floor(count / batch));
}

/** Keeps the turn of each parabola near the values that it is used on. */
function boundSquares({ layout }: Student, weights: Float32Array): void {
  for (const { node, name, offset, size } of layout.slots) {
    if (name !== 'square') continue;
    const linear = layout.slots.find((slot) => slot.node === node && slot.name === 'linear')?.offset ?? 0;
    for (let i = 0; i < size; i++) weights[offset + i] = boundedSquare(weights[offset + i]!, weights[linear + i]!);
  }
}

function identityOf(
  student: Student,
  examples: DistillationExamples,
  recipe: DistillationRecipe,
): Checkpoint['identity'] {
  const { values, targets, teacher } = examples;
  const bytes = (list: Float32Array): Uint8Array => new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
  return {
    start: sha256Hex(bytes(student.weights)),
    data: sha256Hex(bytes(values)),
    answers: sha256Hex(Buffer.concat([bytes(teacher), bytes(targets ?? new Float32Array(0))])),
    backend: tf.getBackend(),
    ...recipe,
  };
}

/**
 * Trains a converted network to give what the original gives; yields after each epoch. Select a backend first. The same
 * start, examples, recipe and backend give the same weights, bit for bit, also when a run goes on from a checkpoint.
 *
 * @throws InputError for a checkpoint of another run; Error when the loss is no longer finite; the signal's reason
 */
export async function* distil(
  start: Student,
  examples: DistillationExamples,
  objective: Objective,
  recipe: DistillationRecipe,
  { resume, signal, onStep }: DistillationOptions = {},
): AsyncGenerator<DistilledEpoch, void, undefined> {
  const { layout } = start;
  const { count } = examples;
  const width = examples.values.length / count;
  const targetWidth = (examples.targets?.length ?? 0) / count;
  const identity = identityOf(start, examples, recipe);
  const adam = new Adam(layout, recipe.weightDecay);
  const weights = start.weights.slice();
  if (resume !== undefined) {
    requireSameRun(resume.identity, identity);
    weights.set(resume.weights);
    adam.m.set(resume.m);
    adam.v.set(resume.v);
    adam.step = resume.step;
  }
  const batches = stepsOf(count, recipe.batch);
  const size = Math.min(count, recipe.batch);
  const total = batches * recipe.epochs;
  let turned = performance.now();
  for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= recipe.epochs; epoch++) {
    const order = permutation(count, stream(recipe.seed, 'order', epoch));
    let sum = 0;
    for (let batch = 0; batch < batches; batch++) {
      if (performance.now() - turned > TURN_MS) {
        await nextTurn();
        turned = performance.now();
      }
      signal?.throwIfAborted();
      const [from, to] = [batch * size, (batch + 1) * size];
      const values = gather(examples.values, order, from, to, width);
      const teacher = gather(examples.teacher, order, from, to, objective.outputs);
      const targets =
        examples.targets === undefined ? undefined : gather(examples.targets, order, from, to, targetWidth);
      const { loss, gradient } = gradientOf(start, weights, values, objective, { targets, teacher });
      sum += loss;
      if (!Number.isFinite(sum)) throw new Error(`the loss is no longer finite in epoch ${epoch}, step ${batch + 1}`);
      clipNorm(gradient, recipe.clip);
      adam.update(weights, gradient, learningRate(adam.step, total, recipe.peakRate, recipe.warmUp));
      boundSquares(start, weights);
      onStep?.({ done: adam.step, total, loss: sum / (batch + 1) });
    }
    const sample = examples.values.subarray(0, Math.min(count, SETTLING_EXAMPLES) * width);
    const student = settled({ ...start, weights }, sample);
    const checkpoint = {
      identity,
      epoch,
      step: adam.step,
      weights: weights.slice(),
      m: adam.m.slice(),
      v: adam.v.slice(),
    };
    yield { epoch, loss: sum / batches, student, checkpoint };
  }
}
