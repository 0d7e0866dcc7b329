import type { CompiledCircuit } from '@ciphernet/compiler';
import { IntegrityError, UnsupportedError, elementAt, lastOf } from '@ciphernet/foundation';
import { createKernels } from './kernels.js';
import { STEP } from './program-memory.js';
import { createProgram } from './program.js';
import { type Segment, planSegments } from './segments.js';

/** Positions side by side in a row of the input: the fewest, so that a column is written to neighbouring lines. */
const INPUT_TILE = 4;

/** Where columns of one prime are brought together and evaluated. */
export interface PositionRoom {
  /** Room for one tile of a shard, [component][ciphertext][coefficient]. */
  readonly tile: Uint32Array;
  /**
   * Takes a column out of {@link tile}.
   *
   * @param x coefficient of the tile
   * @param index which of the columns to evaluate it is
   * @returns [component][ciphertext], a view that is valid until the next column of that index
   */
  take(x: number, index: number): Uint32Array;
  /**
   * Evaluates the first `count` columns that were taken.
   *
   * @returns count × (components · outputs), each [component][output]: canonical residues
   * @throws IntegrityError for a residue that is not below its prime
   */
  evaluate(count: number): Uint32Array;
}

/** Evaluates columns of one prime after another, each a network of its own. */
export interface PositionEvaluator {
  /** Most columns of a prime at once. */
  readonly most: number;
  /** Coefficients of a row of {@link PositionRoom.tile}. */
  readonly tile: number;
  /** The room of a prime, the same one in each call. @param primeIndex among the plan's primes */
  roomOf(primeIndex: number): PositionRoom;
}

/**
 * Prepares the evaluation of single positions: what an auditor does instead of the whole shard. The same kernels as the
 * engine's; only which coefficients stand side by side in a tile differs, and nothing in a plan without a rescale depends
 * on that.
 *
 * @param most positions of one prime at once
 * @param shardTile coefficients of a tile of the shard
 * @throws UnsupportedError for a plan with a rescale, which mixes positions
 */
export function createPositionEvaluator(compiled: CompiledCircuit, most: number, shardTile: number): PositionEvaluator {
  const [segment, ...later] = planSegments(compiled);
  if (segment === undefined || later.length > 0 || segment.rescales > 0) {
    throw new UnsupportedError('a plan with rescales cannot be checked position by position', {
      where: `circuit ${compiled.circuit.name}`,
      hint: 'encrypt the dataset under a verifiable plan',
    });
  }
  // A room a prime: its biases are computed once, however many shards are checked.
  const rooms = new Map<number, PositionRoom>();
  return {
    most,
    tile: shardTile,
    roomOf(primeIndex) {
      const known = rooms.get(primeIndex);
      if (known !== undefined) return known;
      const made = createRoom(compiled, segment, { primeIndex, most, shardTile });
      rooms.set(primeIndex, made);
      return made;
    },
  };
}

function createRoom(
  compiled: CompiledCircuit,
  segment: Segment,
  { primeIndex, most, shardTile }: { readonly primeIndex: number; readonly most: number; readonly shardTile: number },
): PositionRoom {
  const prime = elementAt(compiled.plan.parameters.primes, primeIndex);
  const positions = STEP * Math.ceil(most / STEP);
  const words = segment.inputComponents * segment.inputRows;
  const kernels = createKernels();
  const program = createProgram(kernels, compiled, segment, positions, INPUT_TILE);
  program.selectPrime(prime);
  const tileAt = kernels.allocate(4 * words * shardTile);
  const columns = kernels.allocate(4 * words * positions);
  const columnAt = (index: number): number => columns + 4 * words * index;
  const memory = kernels.u32();
  return {
    tile: memory.subarray(tileAt / 4, tileAt / 4 + words * shardTile),
    take(x, index) {
      if (x >= shardTile || index >= positions) throw new RangeError(`column ${index} of ${positions}, from ${x}`);
      const column = columnAt(index);
      kernels.takeColumn(tileAt, shardTile, x, words, column);
      return memory.subarray(column / 4, column / 4 + words);
    },
    evaluate(count) {
      if (count > positions) throw new RangeError(`${count} columns for at most ${positions}`);
      // Up to three columns beyond `count` hold what an earlier call left, or zeros: evaluated too, and not looked at.
      for (let x = 0; x < count; x += INPUT_TILE) {
        kernels.interleaveFour(columnAt(x), words, program.input + 4 * words * x);
      }
      if (kernels.largest(program.input, words * INPUT_TILE * Math.ceil(count / INPUT_TILE)) >>> 0 >= prime) {
        throw new IntegrityError('a residue is not below its prime', { where: `prime ${primeIndex}` });
      }
      program.run(count);
      return outputsOf(compiled, segment, memory.subarray(program.output / 4), count, positions);
    },
  };
}

/** The program's outputs, [component][row][position], by position: [component][output]. */
function outputsOf(
  compiled: CompiledCircuit,
  segment: Segment,
  from: Uint32Array,
  count: number,
  positions: number,
): Uint32Array {
  const { rowOf } = lastOf(segment.maps).laid;
  const outputs = lastOf(compiled.circuit.maps).outputs;
  const results = new Uint32Array(count * segment.outputComponents * outputs);
  for (let x = 0, to = 0; x < count; x++) {
    for (let component = 0; component < segment.outputComponents; component++) {
      for (let output = 0; output < outputs; output++) {
        const row = component * segment.outputRows + elementAt(rowOf, output);
        results[to++] = from[row * positions + x] ?? 0;
      }
    }
  }
  return results;
}
