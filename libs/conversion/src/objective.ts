import { elementAt } from '@ciphernet/foundation';
import type { Task } from '@ciphernet/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { Teacher } from './graph.js';

/** What a converted network is trained to give. */
export interface Objective {
  /** Classes by a softmax, each output by itself by the logistic function, or numbers. */
  readonly kind: 'classes' | 'labels' | 'numbers';
  /** Scores an example. */
  readonly outputs: number;
  /** Share of the known answers in the loss, 0 to 1; the rest is the original's. */
  readonly labelShare: number;
  /** Of numbers: one over the variance of each output of the original, so that no unit decides the rate. */
  readonly precisions: readonly number[];
}

/** Examples of one batch, or of a whole part. */
export interface Answers {
  /** Known answers: a class an example, or count × outputs; undefined where nobody knows them. */
  readonly targets: Float32Array | undefined;
  /** Scores of the original, count × outputs. */
  readonly teacher: Float32Array;
}

/** Hinton, Vinyals, Dean, arXiv 1503.02531: logits are divided by it, and the loss multiplied by its square. */
const TEMPERATURE = 3;
const LABEL_SHARE = 0.3;

/**
 * The objective of a task. Scores that are no logits (`identity` of a classification with one output) are imitated as numbers.
 *
 * @param teacher scores of the original on training data, count × outputs
 */
export function objectiveFor(
  task: Task,
  link: Teacher['link'],
  outputs: number,
  teacher: Float32Array,
  hasTargets: boolean,
): Objective {
  const precisions = Array.from({ length: outputs }, (_, k) => {
    const column = teacher.filter((_value, i) => i % outputs === k);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
    return variance > 0 ? 1 / variance : 1;
  });
  const labelShare = hasTargets ? LABEL_SHARE : 0;
  if (task.kind === 'regression') return { kind: 'numbers', outputs, labelShare, precisions };
  if (outputs > 1 && task.kind !== 'multilabel') return { kind: 'classes', outputs, labelShare, precisions };
  if (link === 'sigmoid') return { kind: 'labels', outputs, labelShare, precisions };
  return { kind: 'numbers', outputs, labelShare: 0, precisions };
}

function softmax(values: Float32Array, from: number, count: number, temperature: number, into: Float64Array): number {
  let highest = -Infinity;
  for (let k = 0; k < count; k++) highest = Math.max(highest, elementAt(values, from + k) / temperature);
  let total = 0;
  for (let k = 0; k < count; k++) total += into[k] = Math.exp(elementAt(values, from + k) / temperature - highest);
  for (let k = 0; k < count; k++) into[k] = elementAt(into, k) / total;
  return Math.log(total) + highest;
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
/** −log σ(x), without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Loss of one example, and its gradient in `gradient[from …]`. */
type RowLoss = (scores: Float32Array, answers: Answers, row: number, gradient: Float32Array) => number;

/** labelShare · cross entropy + (1 − labelShare) · T² · KL(teacher ‖ student) at temperature T, in nats. */
function classesLoss({ outputs, labelShare }: Objective): RowLoss {
  const [own, soft, wanted] = [new Float64Array(outputs), new Float64Array(outputs), new Float64Array(outputs)];
  const teacherShare = 1 - labelShare;
  return (scores, { targets, teacher }, row, gradient) => {
    const from = row * outputs;
    const logTotal = softmax(scores, from, outputs, 1, own);
    const softTotal = softmax(scores, from, outputs, TEMPERATURE, soft);
    const wantedTotal = softmax(teacher, from, outputs, TEMPERATURE, wanted);
    let loss = 0;
    for (let k = 0; k < outputs; k++) {
      const p = elementAt(wanted, k);
      const [theirs, ours] = [elementAt(teacher, from + k), elementAt(scores, from + k)];
      loss += teacherShare * TEMPERATURE ** 2 * p * ((theirs - ours) / TEMPERATURE - wantedTotal + softTotal);
      gradient[from + k] = teacherShare * TEMPERATURE * (elementAt(soft, k) - p);
    }
    if (targets !== undefined && labelShare > 0) {
      const label = elementAt(targets, row);
      loss += labelShare * (logTotal - elementAt(scores, from + label));
      for (let k = 0; k < outputs; k++) {
        gradient[from + k] = elementAt(gradient, from + k) + labelShare * (elementAt(own, k) - (k === label ? 1 : 0));
      }
    }
    return loss;
  };
}

/** The same for outputs that each are a yes or no. */
function labelsLoss({ outputs, labelShare }: Objective): RowLoss {
  return (scores, { targets, teacher }, row, gradient) => {
    let loss = 0;
    for (let at = row * outputs; at < (row + 1) * outputs; at++) {
      const [x, t] = [elementAt(scores, at), elementAt(teacher, at)];
      const [ours, theirs] = [logistic(x / TEMPERATURE), logistic(t / TEMPERATURE)];
      const crossEntropy = theirs * softplus(-x / TEMPERATURE) + (1 - theirs) * softplus(x / TEMPERATURE);
      const entropy = theirs * softplus(-t / TEMPERATURE) + (1 - theirs) * softplus(t / TEMPERATURE);
      loss += (1 - labelShare) * TEMPERATURE ** 2 * (crossEntropy - entropy);
      gradient[at] = (1 - labelShare) * TEMPERATURE * (ours - theirs);
      if (targets === undefined || labelShare === 0) continue;
      const label = elementAt(targets, at);
      loss += labelShare * (label * softplus(-x) + (1 - label) * softplus(x));
      gradient[at] = elementAt(gradient, at) + labelShare * (logistic(x) - label);
    }
    return loss;
  };
}

/** labelShare · squared error to the answers + the rest · squared error to the original, in variances of the original. */
function numbersLoss({ outputs, labelShare, precisions }: Objective): RowLoss {
  return (scores, { targets, teacher }, row, gradient) => {
    let loss = 0;
    for (let k = 0; k < outputs; k++) {
      const at = row * outputs + k;
      const precision = elementAt(precisions, k);
      const toTeacher = elementAt(scores, at) - elementAt(teacher, at);
      const toTarget = targets === undefined ? 0 : elementAt(scores, at) - elementAt(targets, at);
      loss += precision * ((1 - labelShare) * toTeacher ** 2 + labelShare * toTarget ** 2);
      gradient[at] = 2 * precision * ((1 - labelShare) * toTeacher + labelShare * toTarget);
    }
    return loss;
  };
}

const LOSSES = { classes: classesLoss, labels: labelsLoss, numbers: numbersLoss } as const;

/**
 * Mean loss over the rows of `scores`, and its gradient.
 *
 * @param scores count × outputs
 */
export function lossOf(
  objective: Objective,
  scores: Float32Array,
  answers: Answers,
): { readonly loss: number; readonly gradient: Float32Array } {
  const rowLoss = LOSSES[objective.kind](objective);
  const count = scores.length / objective.outputs;
  const gradient = new Float32Array(scores.length);
  let loss = 0;
  for (let row = 0; row < count; row++) loss += rowLoss(scores, answers, row, gradient);
  return { loss: loss / count, gradient: gradient.map((value) => value / count) };
}

/** {@link lossOf} as an operation of TensorFlow.js. @param onLoss receives the mean */
export function lossTensor(
  scores: tf.Tensor2D,
  objective: Objective,
  answers: Answers,
  onLoss: (loss: number) => void,
): tf.Scalar {
  const operation = tf.customGrad((input) => {
    const tensor = input as tf.Tensor2D;
    const { loss, gradient } = lossOf(objective, tensor.dataSync<'float32'>(), answers);
    onLoss(loss);
    const { shape } = tensor;
    return { value: tf.scalar(loss), gradFunc: (dy: tf.Tensor) => tf.mul(tf.tensor2d(gradient, shape), dy) };
  });
  return operation(scores) as tf.Scalar;
}
