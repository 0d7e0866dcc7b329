import { elementAt } from '@ciphernet/foundation';
import { type GraphNode, type LayerGraph, channelsOf } from './graph.js';

/** What a weight is for; `mean` and `variance` of what a polynomial reads are measured, not trained. */
export type WeightName = 'kernel' | 'bias' | 'square' | 'linear' | 'constant' | 'mean' | 'variance';

/** Where one weight tensor lies in the flat array that holds all of a network's weights. */
export interface WeightSlot {
  readonly node: number;
  readonly name: WeightName;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** The place of each weight; those that are trained come first. */
export interface WeightLayout {
  readonly slots: readonly WeightSlot[];
  /** Values of trained slots. */
  readonly trainedSize: number;
  /** Trained slots. */
  readonly trainedSlots: number;
  readonly size: number;
}

type Unplaced = Pick<WeightSlot, 'node' | 'name' | 'shape'>;

function weightsOf(node: GraphNode, index: number, nodes: readonly GraphNode[]): Unplaced[] {
  const { operation } = node;
  const list = (name: WeightName, size: number): Unplaced => ({ node: index, name, shape: [size] });
  switch (operation.kind) {
    case 'conv2d': {
      const inputs = channelsOf(elementAt(nodes, elementAt(node.from, 0)));
      const shape = [...operation.kernel, inputs, operation.filters];
      return [{ node: index, name: 'kernel', shape }, ...(operation.isBiased ? [list('bias', operation.filters)] : [])];
    }
    case 'dense': {
      const shape = [operation.weights.length / operation.units, operation.units];
      return [{ node: index, name: 'kernel', shape }, ...(operation.isBiased ? [list('bias', operation.units)] : [])];
    }
    case 'polynomial': {
      const channels = channelsOf(node);
      const trained = ['square', 'linear', 'constant'].slice(operation.degree === 2 ? 0 : 1) as WeightName[];
      return [...trained, 'mean' as const, 'variance' as const].map((name) => list(name, channels));
    }
    default:
      return [];
  }
}

/** Places all weights of a converted network in one array. */
export function layoutOf({ nodes }: LayerGraph): WeightLayout {
  const all = nodes.flatMap((node, i) => weightsOf(node, i, nodes));
  const isMeasured = ({ name }: Unplaced): boolean => name === 'mean' || name === 'variance';
  const trained = all.filter((slot) => !isMeasured(slot));
  let offset = 0;
  const slots = [...trained, ...all.filter(isMeasured)].map((slot): WeightSlot => {
    const size = slot.shape.reduce((product, side) => product * side, 1);
    const placed = { ...slot, offset, size };
    offset += size;
    return placed;
  });
  return { slots, trainedSlots: trained.length, trainedSize: slots[trained.length]?.offset ?? offset, size: offset };
}

/** One weight of a flat array, sharing its memory. @throws RangeError when the node has none of that name */
export function weightIn({ slots }: WeightLayout, weights: Float32Array, node: number, name: WeightName): Float32Array {
  const { offset, size } = elementAt(
    slots.filter((slot) => slot.node === node && slot.name === name),
    0,
  );
  return weights.subarray(offset, offset + size);
}
