import { elementAt } from '@ciphernet/foundation';
import type { GraphNode } from './graph.js';

/** How often each node's value is read; the last one is the result. */
function readersOf(nodes: readonly GraphNode[]): number[] {
  const readers = nodes.map(() => 0);
  for (const { from } of nodes) for (const source of from) readers[source] = elementAt(readers, source) + 1;
  return readers;
}

/** A convolution or dense layer with factors and offsets in its weights. */
function scaled(node: GraphNode, factor: Float32Array, offset: Float32Array): GraphNode | undefined {
  const { operation } = node;
  if (operation.kind !== 'conv2d' && operation.kind !== 'dense') return undefined;
  const outputs = operation.bias.length;
  const weights = operation.weights.map((weight, i) => weight * elementAt(factor, i % outputs));
  const bias = operation.bias.map((value, i) => value * elementAt(factor, i) + elementAt(offset, i));
  return { ...node, operation: { ...operation, weights, bias } };
}

/**
 * Puts constant factors and offsets behind a linear layer into its weights, which are trained: batch normalisation that is
 * not folded yet, and biases that are added by a node of their own. What is left are constants before the first layer and
 * behind activations.
 *
 * @returns a network that computes the same
 */
export function foldAffine(nodes: readonly GraphNode[]): GraphNode[] {
  const readers = readersOf(nodes);
  const folded: GraphNode[] = [];
  const place: number[] = [];
  nodes.forEach((node, i) => {
    const source = place[node.from[0] ?? -1];
    const { operation } = node;
    if (operation.kind === 'affine' && source !== undefined && readers[node.from[0] ?? -1] === 1) {
      const joined = scaled(elementAt(folded, source), operation.factor, operation.offset);
      if (joined !== undefined) {
        folded[source] = joined;
        place[i] = source;
        return;
      }
    }
    place[i] = folded.push({ ...node, from: node.from.map((from) => elementAt(place, from)) }) - 1;
  });
  return folded;
}
