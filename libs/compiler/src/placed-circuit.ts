import type { Block, Circuit, LinearMap } from './circuit.js';
import { type CircuitKernels, DOUBLE, createCircuitKernels, doublesAt } from './kernels.js';

/** Examples that are evaluated side by side: a weight is read once for all of them, and their sums wait for each other's additions, not for their own. */
export const LANES = 4;
const LANE_BYTES = LANES * DOUBLE;

/** A circuit in the memory of kernels, which lives as long as it, and room for the values of {@link LANES} examples. */
export interface PlacedCircuit {
  readonly kernels: CircuitKernels;
  readonly maps: readonly PlacedMap[];
  /** Room for what a block reads. */
  readonly gathered: number;
}

interface PlacedBlock {
  readonly block: Block;
  readonly weights: number;
  /** Words: the block's places in what the map reads, and gives. */
  readonly inputs: number;
  readonly outputs: number;
}

/** Addresses of a map in it. */
export interface PlacedMap {
  readonly map: LinearMap;
  readonly blocks: readonly PlacedBlock[];
  readonly bias: number;
  /** Values × lanes: what the map reads, and gives. */
  readonly x: number;
  readonly y: number;
}

/** Copies a circuit into the memory of kernels of its own. */
export function placeCircuit({ maps }: Circuit): PlacedCircuit {
  const kernels = createCircuitKernels();
  const placed = maps.map((map) => ({
    map,
    blocks: map.blocks.map((block) => ({
      block,
      weights: kernels.allocate(block.weights.byteLength),
      inputs: kernels.allocate(4 * block.inputs.length),
      outputs: kernels.allocate(4 * block.outputs.length),
    })),
    bias: kernels.allocate(map.bias.byteLength),
    x: kernels.allocate(map.inputs * LANE_BYTES),
    y: kernels.allocate(map.outputs * LANE_BYTES),
  }));
  const widest = maps.reduce(
    (most, { blocks }) => blocks.reduce((own, { inputs }) => Math.max(own, inputs.length), most),
    0,
  );
  const gathered = kernels.allocate(widest * LANE_BYTES);
  const words = kernels.u32();
  for (const { map, blocks, bias } of placed) {
    for (const { block, weights, inputs, outputs } of blocks) {
      doublesAt(kernels, weights, block.weights.length).set(block.weights);
      words.set(block.inputs, inputs / 4);
      words.set(block.outputs, outputs / 4);
    }
    doublesAt(kernels, bias, map.bias.length).set(map.bias);
  }
  return { kernels, maps: placed, gathered };
}
