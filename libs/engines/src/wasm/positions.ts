import type { CompiledCircuit } from '@ciphernet/compiler';
import { IntegrityError, UnsupportedError, elementAt, lastOf } from '@ciphernet/foundation';
import { type Kernels, createKernels } from './kernels.js';
import { STEP } from './program-memory.js';
import { type SegmentProgram, createProgram } from './program.js';
import { planSegments } from './segments.js';

/** Positions side by side in a row of the input: the fewest, so that a column is written to neighbouring lines. */
const INPUT_TILE = 4;

/** Lays four columns side by side, beginning at `from`; of columns that are not there zeros. */
function layFour(columns: Uint32Array, from: number, rows: number, into: Uint32Array): void {
  const [second, third, fourth] = [from + rows, from + 2 * rows, from + 3 * rows];
  for (let row = 0, at = 0; row < rows; row++, at += INPUT_TILE) {
    into[at] = columns[from + row]!;
    into[at + 1] = columns[second + row]!;
    into[at + 2] = columns[third + row]!;
    into[at + 3] = columns[fourth + row]!;
  }
}

/** Evaluates columns of one prime after another, each a network of its own. */
export interface PositionEvaluator {
  /**
   * @param primeIndex among the plan's primes
   * @param columns count × (2 · inputs), each [component][ciphertext]: residues of a fresh shard
   * @returns count × (components · outputs), each [component][output]: canonical residues
   * @throws IntegrityError for a residue that is not below its prime
   */
  evaluate(primeIndex: number, columns: Uint32Array): Uint32Array;
}

/**
 * Prepares the evaluation of single positions: what an auditor does instead of the whole shard. The same kernels as the
 * engine's; only which coefficients stand side by side in a tile differs, and nothing in a plan without a rescale depends
 * on that.
 *
 * @param most positions of one prime at once
 * @throws UnsupportedError for a plan with a rescale, which mixes positions
 */
export function createPositionEvaluator(compiled: CompiledCircuit, most: number): PositionEvaluator {
  const [segment, ...later] = planSegments(compiled);
  if (segment === undefined || later.length > 0 || segment.rescales > 0) {
    throw new UnsupportedError('a plan with rescales cannot be checked position by position', {
      where: `circuit ${compiled.circuit.name}`,
      hint: 'encrypt the dataset under a verifiable plan',
    });
  }
  const tile = STEP * Math.ceil(most / STEP);
  const inputs = segment.inputComponents * segment.inputRows;
  const { rowOf } = lastOf(segment.maps).laid;
  const outputs = lastOf(compiled.circuit.maps).outputs;
  // A program a prime: its biases are computed once, however many shards are checked.
  const programs = new Map<number, { readonly kernels: Kernels; readonly program: SegmentProgram }>();
  const programOf = (prime: number): { readonly kernels: Kernels; readonly program: SegmentProgram } => {
    const known = programs.get(prime);
    if (known !== undefined) return known;
    const kernels = createKernels();
    const program = createProgram(kernels, compiled, segment, tile, INPUT_TILE);
    program.selectPrime(prime);
    const made = { kernels, program };
    programs.set(prime, made);
    return made;
  };
  return {
    evaluate(primeIndex, columns) {
      const count = columns.length / inputs;
      if (!Number.isInteger(count) || count > tile) throw new RangeError(`${count} columns for at most ${tile}`);
      const prime = elementAt(compiled.plan.parameters.primes, primeIndex);
      const { kernels, program } = programOf(prime);
      const words = kernels.u32();
      // Columns beyond `count` hold what an earlier call left, or zeros: evaluated too, and not looked at.
      const input = words.subarray(program.input / 4, program.input / 4 + inputs * tile);
      for (let x = 0; x < count; x += INPUT_TILE) {
        layFour(columns, x * inputs, inputs, input.subarray(x * inputs, (x + INPUT_TILE) * inputs));
      }
      if (kernels.largest(program.input, inputs * tile) >>> 0 >= prime) {
        throw new IntegrityError('a residue is not below its prime', { where: `prime ${primeIndex}` });
      }
      program.run();
      const results = new Uint32Array(count * segment.outputComponents * outputs);
      const from = program.output / 4;
      for (let x = 0, to = 0; x < count; x++) {
        for (let component = 0; component < segment.outputComponents; component++) {
          for (let output = 0; output < outputs; output++) {
            const row = component * segment.outputRows + elementAt(rowOf, output);
            results[to++] = words[from + row * tile + x] ?? 0;
          }
        }
      }
      return results;
    },
  };
}
