import { elementAt } from '@ciphernet/foundation';
import type { GraphNode, LayerGraph } from './graph.js';

/** Inputs of images whose typical size is within this factor of 1 are left as they are. */
const NEAR_ONE = 4;

interface Spread {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Mean and standard deviation of each value of an example. @param values count × width */
function spreadOf(values: Float32Array, width: number): Spread {
  const count = values.length / width;
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  values.forEach((value, i) => {
    mean[i % width] = elementAt(mean, i % width) + value / count;
  });
  values.forEach((value, i) => {
    square[i % width] = elementAt(square, i % width) + (value - elementAt(mean, i % width)) ** 2 / count;
  });
  return { mean, deviation: square.map((variance) => (variance > 0 ? Math.sqrt(variance) : 1)) };
}

/** The same layer on (x − mean) / deviation. */
function onStandardised(node: GraphNode, { mean, deviation }: Spread): GraphNode {
  const { operation } = node;
  if (operation.kind !== 'dense') return node;
  const { units } = operation;
  const bias = Float64Array.from(operation.bias);
  operation.weights.forEach((weight, i) => {
    bias[i % units] = elementAt(bias, i % units) + weight * elementAt(mean, Math.floor(i / units));
  });
  const weights = operation.weights.map((weight, i) => weight * elementAt(deviation, Math.floor(i / units)));
  return { ...node, operation: { ...operation, weights, bias: Float32Array.from(bias) } };
}

function onScaled(node: GraphNode, scale: number): GraphNode {
  const { operation } = node;
  if (operation.kind !== 'conv2d') return node;
  return { ...node, operation: { ...operation, weights: operation.weights.map((weight) => weight * scale) } };
}

/** The network with constants behind its input, and its first layers changed so that it computes the same. */
function withInput(
  { name, nodes }: LayerGraph,
  factor: Float32Array,
  offset: Float32Array,
  change: (node: GraphNode) => GraphNode,
): LayerGraph {
  const input = elementAt(nodes, 0);
  const affine: GraphNode = {
    name: 'standardised',
    operator: 'input',
    operation: { kind: 'affine', factor, offset },
    from: [0],
    shape: input.shape,
  };
  const moved = nodes.slice(1).map((node) => {
    const changed = node.from.includes(0) ? change(node) : node;
    return { ...changed, from: node.from.map((source) => source + 1) };
  });
  return { name, nodes: [input, affine, ...moved] };
}

/**
 * A network that computes the same and is easier to train: where a table's values go straight into dense layers those get them
 * standardised, and where an image's go into convolutions their size is brought near 1. Optimisers move all weights by like
 * amounts, which suits inputs of like size (LeCun et al., Efficient BackProp, 1998, section 4.3).
 *
 * @param values training examples, count × values of an example
 */
export function conditioned(graph: LayerGraph, values: Float32Array): LayerGraph {
  const { shape } = elementAt(graph.nodes, 0);
  const readers = graph.nodes.filter(({ from }) => from.includes(0));
  if (shape.isFlat && readers.every(({ operation }) => operation.kind === 'dense')) {
    const spread = spreadOf(values, shape.channels);
    const factor = Float32Array.from(spread.deviation, (deviation) => 1 / deviation);
    const offset = Float32Array.from(spread.mean, (mean, i) => -mean / elementAt(spread.deviation, i));
    return withInput(graph, factor, offset, (node) => onStandardised(node, spread));
  }
  if (!shape.isFlat && readers.every(({ operation }) => operation.kind === 'conv2d')) {
    const scale = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    if (scale > 1 / NEAR_ONE && scale < NEAR_ONE) return graph;
    const factor = new Float32Array(shape.channels).fill(scale > 0 ? 1 / scale : 1);
    return withInput(graph, factor, new Float32Array(shape.channels), (node) => onScaled(node, scale > 0 ? scale : 1));
  }
  return graph;
}
