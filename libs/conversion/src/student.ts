import type { GraphNode, LayerGraph, Operation } from './graph.js';

/** What took a node's place. */
export interface Replacement {
  readonly node: string;
  readonly operator: string;
  readonly by: 'square' | 'linear' | 'average pooling' | 'nothing' | 'a network of the zoo';
}

function operationOf({ operation }: GraphNode, isSquare: boolean): Operation {
  if (operation.kind === 'activation') return { kind: 'polynomial', degree: isSquare ? 2 : 1 };
  if (operation.kind === 'pool' || operation.kind === 'globalPool') return { ...operation, statistic: 'mean' };
  return operation;
}

/**
 * The structure of a converted network: activations at `squares` become a·z² + b·z + c of the normalised value z, the others
 * b·z + c, and maxima become means. Weights of layers are those of the original.
 *
 * @param squares places of activations among the nodes, one on each way from input to output at most twice
 */
export function studentOf(teacher: LayerGraph, squares: ReadonlySet<number>): LayerGraph {
  const nodes = teacher.nodes.map((node, i) => ({ ...node, operation: operationOf(node, squares.has(i)) }));
  const withoutBias = nodes.map((node, i) => {
    const { operation } = node;
    const isLayer = operation.kind === 'conv2d' || operation.kind === 'dense';
    const readers = nodes.filter(({ from }) => from.includes(i));
    const isNormalised = readers.length > 0 && readers.every((reader) => reader.operation.kind === 'polynomial');
    return isLayer && isNormalised ? { ...node, operation: { ...operation, isBiased: false } } : node;
  });
  return { name: teacher.name, nodes: withoutBias };
}

/** What a conversion puts in place of what, node by node; what is not named stays as it is. */
export function replacementsOf(teacher: LayerGraph, squares: ReadonlySet<number>): Replacement[] {
  return teacher.nodes.flatMap(({ name: node, operator, operation }, i): Replacement[] => {
    if (operation.kind === 'activation') return [{ node, operator, by: squares.has(i) ? 'square' : 'linear' }];
    const isMaximum = (operation.kind === 'pool' || operation.kind === 'globalPool') && operation.statistic === 'max';
    return isMaximum ? [{ node, operator, by: 'average pooling' }] : [];
  });
}
