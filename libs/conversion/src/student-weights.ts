import { elementAt } from '@ciphernet/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { type Quadratic, fitChannels } from './fit.js';
import { batchTensor, forward } from './forward.js';
import { type LayerGraph, activationsOf } from './graph.js';
import { type WeightLayout, layoutOf, weightIn } from './layout.js';
import { studentOf } from './student.js';

/** A converted network with its weights. */
export interface Student {
  readonly graph: LayerGraph;
  readonly layout: WeightLayout;
  /** All weights, by the layout's slots. */
  readonly weights: Float32Array;
}

/** What the inputs of an activation are like, a value a channel. */
export interface Moments {
  readonly means: Float32Array;
  readonly variances: Float32Array;
}

/** Examples at a time. */
const BATCH = 256;

function weightOf(graph: LayerGraph, index: number, name: string): tf.Tensor {
  const node = elementAt(graph.nodes, index);
  const { operation } = node;
  if (operation.kind === 'dense' && name === 'kernel') {
    return tf.tensor2d(operation.weights, [operation.weights.length / operation.units, operation.units]);
  }
  if (operation.kind === 'conv2d' && name === 'kernel') {
    const inputs = elementAt(graph.nodes, elementAt(node.from, 0)).shape.channels;
    return tf.tensor4d(operation.weights, [...operation.kernel, inputs, operation.filters]);
  }
  if (operation.kind === 'dense' || operation.kind === 'conv2d') return tf.tensor1d(operation.bias);
  throw new RangeError(`${operation.kind} has no ${name}`);
}

/**
 * The original network as it was read, in this program's arithmetic: what the independent runtime is compared with, and
 * where the inputs of its activations are measured.
 *
 * @param values count × values of an example
 * @param onActivation sees what each activation reads, [positions, channels]
 * @returns scores, count × outputs
 */
export function runTeacher(
  teacher: LayerGraph,
  values: Float32Array,
  onActivation: (index: number, inputs: Float32Array, channels: number) => void = () => undefined,
): Float32Array {
  const { shape } = elementAt(teacher.nodes, 0);
  const width = shape.height * shape.width * shape.channels;
  const outputs = elementAt(teacher.nodes, teacher.nodes.length - 1).shape.channels;
  const scores = new Float32Array((values.length / width) * outputs);
  for (let from = 0; from * width < values.length; from += BATCH) {
    tf.tidy(() => {
      const batch = batchTensor(teacher, values.subarray(from * width, (from + BATCH) * width));
      const result = forward(
        teacher,
        batch,
        (index, name) => weightOf(teacher, index, name),
        (x, node, index) => {
          const inputs = x.dataSync<'float32'>();
          const { channels } = node.shape;
          onActivation(index, inputs, channels);
          if (node.operation.kind !== 'activation')
            throw new RangeError(`${node.operation.kind} in an original network`);
          const { functionOf } = node.operation;
          const functions = Array.from({ length: channels }, (_, channel) => functionOf(channel));
          return tf.tensor(
            inputs.map((value, i) => elementAt(functions, i % channels)(value)),
            x.shape,
          );
        },
      );
      scores.set(result.dataSync<'float32'>(), from * outputs);
    });
  }
  return scores;
}

/** Means and variances of what each activation reads, a channel each. @param values at least one example */
export function momentsOf(teacher: LayerGraph, values: Float32Array): Map<number, Moments> {
  const sums = new Map<number, { count: number; first: Float64Array; second: Float64Array }>();
  runTeacher(teacher, values, (index, inputs, channels) => {
    const sum = sums.get(index) ?? { count: 0, first: new Float64Array(channels), second: new Float64Array(channels) };
    sums.set(index, sum);
    sum.count += inputs.length / channels;
    for (let i = 0; i < inputs.length; i++) {
      const [c, x] = [i % channels, inputs[i] ?? 0];
      sum.first[c] = (sum.first[c] ?? 0) + x;
      sum.second[c] = (sum.second[c] ?? 0) + x * x;
    }
  });
  const moments = new Map<number, Moments>();
  for (const [index, { count, first, second }] of sums) {
    const means = Float32Array.from(first, (sum) => sum / count);
    const variances = Float32Array.from(second, (sum, c) => Math.max(0, sum / count - elementAt(means, c) ** 2));
    moments.set(index, { means, variances });
  }
  return moments;
}

/**
 * A converted network before it is trained: weights are copied, and each activation starts as the polynomial that is nearest
 * to it for inputs as the original has them.
 *
 * @param squares places of activations that become squares
 * @param moments of the teacher's activations
 */
export function startStudent(
  teacher: LayerGraph,
  squares: ReadonlySet<number>,
  moments: ReadonlyMap<number, Moments>,
): Student {
  const graph = studentOf(teacher, squares);
  const layout = layoutOf(graph);
  const weights = new Float32Array(layout.size);
  const write = (index: number, name: Parameters<typeof weightIn>[3], values: ArrayLike<number>): void =>
    weightIn(layout, weights, index, name).set(values);
  graph.nodes.forEach(({ operation }, index) => {
    if (operation.kind !== 'conv2d' && operation.kind !== 'dense') return;
    write(index, 'kernel', operation.weights);
    if (operation.isBiased) write(index, 'bias', operation.bias);
  });
  for (const index of activationsOf(teacher)) {
    const node = elementAt(teacher.nodes, index);
    const { operation } = node;
    const moment = moments.get(index);
    if (operation.kind !== 'activation' || moment === undefined)
      throw new RangeError(`activation ${index} was not measured`);
    const degree = squares.has(index) ? 2 : 1;
    const fitted = fitChannels(operation.functionOf, moment.means, moment.variances.map(Math.sqrt), degree);
    const column = (name: keyof Quadratic): number[] => fitted.map((quadratic) => quadratic[name]);
    if (degree === 2) write(index, 'square', column('square'));
    write(index, 'linear', column('linear'));
    write(index, 'constant', column('constant'));
    // A bias before that is not added is no part of the mean either.
    const before = elementAt(graph.nodes, elementAt(node.from, 0)).operation;
    const isBare = (before.kind === 'conv2d' || before.kind === 'dense') && !before.isBiased;
    write(index, 'mean', isBare ? moment.means.map((mean, c) => mean - elementAt(before.bias, c)) : moment.means);
    write(index, 'variance', moment.variances);
  }
  return { graph, layout, weights };
}
