import { elementAt } from '@ciphernet/foundation';
import type { AffineMap } from './affine.js';

/** A dense block of a linear map: outputs × inputs, row-major. No input of it comes twice; blocks of one map never share an output. */
export interface Block {
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  readonly weights: Float64Array;
}

/** A block-sparse linear map with a bias an output: a convolution keeps its sparsity, one block a position. */
export interface LinearMap {
  readonly inputs: number;
  readonly outputs: number;
  /** Outputs that stand in no block are their bias. */
  readonly blocks: readonly Block[];
  /** One an output. */
  readonly bias: Float64Array;
}

/** linear map, square, linear map, square, …, linear map: `maps.length − 1` squares, one after each map but the last. */
export interface Circuit {
  readonly name: string;
  readonly maps: readonly LinearMap[];
}

/** Groups rows that read the same inputs into dense blocks. */
export function toBlocks(map: AffineMap): LinearMap {
  const groups = new Map<string, number[]>();
  map.rows.forEach((row, output) => {
    const key = row.inputs.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [output]);
    else group.push(output);
  });
  const blocks = [...groups.values()].map((outputs) => {
    const inputs = elementAt(map.rows, elementAt(outputs, 0)).inputs;
    const weights = new Float64Array(outputs.length * inputs.length);
    outputs.forEach((output, r) => weights.set(elementAt(map.rows, output).values, r * inputs.length));
    return { outputs, inputs, weights };
  });
  return {
    inputs: map.inputs,
    outputs: map.rows.length,
    blocks,
    bias: Float64Array.from(map.rows, (row) => row.bias),
  };
}

/** Squares of a circuit: one between every two of its maps. */
export function squaresOf(circuit: { readonly maps: readonly unknown[] }): number {
  return circuit.maps.length - 1;
}

/** Multiplications of one application of the map to one vector. */
export function multiplicationsOf(map: {
  readonly blocks: readonly { readonly outputs: readonly number[]; readonly inputs: readonly number[] }[];
}): number {
  return map.blocks.reduce((sum, block) => sum + block.outputs.length * block.inputs.length, 0);
}

/** Largest |weight| of a map, 0 for an empty one. */
export function largestWeight(map: LinearMap): number {
  let largest = 0;
  for (const block of map.blocks) for (const weight of block.weights) largest = Math.max(largest, Math.abs(weight));
  return largest;
}
