import { elementAt, lastOf } from '@ciphernet/foundation';
import * as tf from '@tensorflow/tfjs-core';
import type { GraphNode, LayerGraph } from './graph.js';
import type { WeightLayout, WeightName } from './layout.js';
import {
  type BatchMoments,
  type Coefficients,
  normalisedBy,
  normalisedPolynomial,
  polynomialOf,
} from './normalised-polynomial.js';
import {
  addBias,
  addSame,
  affine,
  concatChannels,
  convolution,
  flattenByChannel,
  globalMean,
  meanPool,
  padImages,
  paddingOf,
  unflattenByChannel,
} from './operations.js';

/** A weight of a node, as a tensor. */
export type WeightTensors = (node: number, name: WeightName) => tf.Tensor;

/** What is done where networks differ: activations of the original, polynomials of the converted one. */
export type Activate = (x: tf.Tensor, node: GraphNode, index: number) => tf.Tensor;

const WEIGHTED: ReadonlySet<GraphNode['operation']['kind']> = new Set(['conv2d', 'dense', 'polynomial']);

interface Place {
  readonly node: GraphNode;
  readonly index: number;
  /** True where its inputs depend on no weight. */
  readonly isConstant: boolean;
}

function apply(
  { node, index, isConstant }: Place,
  inputs: readonly tf.Tensor[],
  weight: WeightTensors,
  activate: Activate,
): tf.Tensor {
  const { operation } = node;
  const x = elementAt(inputs, 0);
  switch (operation.kind) {
    case 'input':
      return x;
    case 'conv2d': {
      const y = convolution(x, weight(index, 'kernel'), operation, isConstant);
      return operation.isBiased ? addBias(y, weight(index, 'bias')) : y;
    }
    case 'dense': {
      const y = tf.matMul(x, weight(index, 'kernel'));
      return operation.isBiased ? addBias(y, weight(index, 'bias')) : y;
    }
    case 'affine':
      return affine(x, operation.factor, operation.offset);
    case 'pool':
      if (operation.statistic === 'mean') return meanPool(x, operation);
      return tf.maxPool(x as tf.Tensor4D, [...operation.kernel], [...operation.stride], paddingOf(operation.pads));
    case 'globalPool':
      return operation.statistic === 'mean' ? globalMean(x) : tf.max(x, [1, 2], true);
    case 'pad':
      return padImages(x, operation.pads);
    case 'flatten':
      return operation.channelsFirst ? flattenByChannel(x) : tf.reshape(x, [x.shape[0] ?? 1, -1]);
    case 'unflatten':
      return unflattenByChannel(x, node.shape.height, node.shape.width);
    case 'add':
      return addSame(x, elementAt(inputs, 1));
    case 'concat':
      return concatChannels(inputs);
    case 'activation':
    case 'polynomial':
      return activate(x, node, index);
  }
}

/** Scores of a batch, [count, outputs]. @param x [count, height, width, channels], or [count, values] of flat ones */
export function forward({ nodes }: LayerGraph, x: tf.Tensor, weight: WeightTensors, activate: Activate): tf.Tensor2D {
  const values: tf.Tensor[] = [];
  const depends: boolean[] = [];
  nodes.forEach((node, index) => {
    const inputs = node.from.length === 0 ? [x] : node.from.map((source) => elementAt(values, source));
    const isConstant = !node.from.some((source) => depends[source]);
    values.push(apply({ node, index, isConstant }, inputs, weight, activate));
    depends.push(!isConstant || WEIGHTED.has(node.operation.kind));
  });
  return lastOf(values) as tf.Tensor2D;
}

/** What normalisation saw in a batch, and the penalty of its range. */
export type OnPass = (index: number, moments: BatchMoments, penalty: number) => void;

function coefficientsOf({ operation }: GraphNode, index: number, weight: WeightTensors): Coefficients<tf.Tensor> {
  const line = { linear: weight(index, 'linear'), constant: weight(index, 'constant') };
  const isSquare = operation.kind === 'polynomial' && operation.degree === 2;
  return isSquare ? { ...line, square: weight(index, 'square') } : line;
}

/** Polynomials that normalise by the batch, as in training. */
export function trainingActivations(weight: WeightTensors, onPass: OnPass): Activate {
  return (x, node, index) =>
    normalisedPolynomial(x, coefficientsOf(node, index, weight), (moments, penalty) => onPass(index, moments, penalty));
}

/** Polynomials that normalise by the statistics that were measured, as when the network is used. */
export function settledActivations(weight: WeightTensors): Activate {
  return (x, node, index) => {
    const values = (tensor: tf.Tensor | undefined): Float32Array | undefined => tensor?.dataSync<'float32'>();
    const read = (name: WeightName): Float32Array => weight(index, name).dataSync<'float32'>();
    const { square, linear, constant } = coefficientsOf(node, index, weight);
    const z = normalisedBy(x.dataSync<'float32'>(), read('mean'), read('variance'));
    const coefficients = {
      square: values(square),
      linear: linear.dataSync<'float32'>(),
      constant: constant.dataSync<'float32'>(),
    };
    return tf.tensor(polynomialOf(z, coefficients), x.shape, 'float32');
  };
}

/** Tensors of all weights, copies of `flat`. */
export function uploadWeights({ slots }: WeightLayout, flat: Float32Array): tf.Tensor[] {
  return slots.map(({ offset, size, shape }) => tf.tensor(flat.subarray(offset, offset + size), [...shape], 'float32'));
}

/** Looks weights up among tensors in the order of the slots. */
export function weightTensors({ slots }: WeightLayout, tensors: readonly tf.Tensor[]): WeightTensors {
  const places = new Map(slots.map(({ node, name }, i) => [`${node} ${name}`, i]));
  return (node, name) => elementAt(tensors, places.get(`${node} ${name}`) ?? -1);
}

/** A batch of examples as a tensor. @param values count × values of an example */
export function batchTensor({ nodes }: LayerGraph, values: Float32Array): tf.Tensor {
  const { shape } = elementAt(nodes, 0);
  const size = shape.height * shape.width * shape.channels;
  const count = values.length / size;
  return shape.isFlat
    ? tf.tensor2d(values, [count, size])
    : tf.tensor4d(values, [count, shape.height, shape.width, shape.channels]);
}
