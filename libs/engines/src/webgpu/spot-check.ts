import { randomInt } from 'node:crypto';
import type { BatchHeader } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { DeviceError, elementAt } from '@ciphernet/foundation';
import { type Kernels, createKernels } from '../wasm/kernels.js';
import { type SegmentProgram, createProgram } from '../wasm/program.js';
import type { Segment } from '../wasm/segments.js';
import { type Region, tilesPerUnit } from '../wasm/units.js';

/** Holds what the device made of a few neighbouring coefficients of each prime against what `simd`'s kernels make of them. */
export interface SpotCheck {
  /** Tells of a piece before it goes to the device: [tile][component][feature][coefficient of the tile], from `first`. */
  seen(primeIndex: number, first: number, residues: Uint32Array): void;
  /** @throws DeviceError where any output of the chosen coefficients differs */
  check(region: Region): void;
}

/** Makes checks of a circuit's evaluations; its programs, one a prime, live as long as the circuit is on the device. */
export interface SpotChecker {
  /** A check of one evaluation, at places that are drawn now. */
  begin(): SpotCheck;
}

/**
 * Checks a unit of `simd`'s of each prime of each evaluation, 32 of the N coefficients of an audited shard, so they cost that share of what
 * it would take, 0.4 % at N = 8192. A device that computes wrongly does so in all of a prime's coefficients or in many; one
 * that spoils a single word may pass.
 *
 * @param header of shards with the layout that the circuit was put on the device for
 * @param device names it in errors
 */
export function createSpotChecker(
  compiled: CompiledCircuit,
  segment: Segment,
  header: BatchHeader,
  device: string,
): SpotChecker {
  const { ringDegree, tile } = header;
  const coefficients = tilesPerUnit(header) * tile;
  const inputWords = segment.inputComponents * segment.inputRows * coefficients;
  const polynomials = segment.outputComponents * segment.outputRows;
  const programs = new Map<number, { readonly kernels: Kernels; readonly program: SegmentProgram }>();
  const programOf = (primeIndex: number): { readonly kernels: Kernels; readonly program: SegmentProgram } => {
    const known = programs.get(primeIndex);
    if (known !== undefined) return known;
    const kernels = createKernels();
    const program = createProgram(kernels, compiled, segment, coefficients, tile);
    program.selectPrime(elementAt(compiled.plan.parameters.primes, primeIndex));
    const made = { kernels, program };
    programs.set(primeIndex, made);
    return made;
  };
  const assertEqual = (primeIndex: number, at: number, input: Uint32Array, found: Uint32Array): void => {
    const { kernels, program } = programOf(primeIndex);
    const words = kernels.u32();
    words.set(input, program.input / 4);
    program.run();
    for (let k = 0; k < polynomials; k++) {
      const expected = program.output / 4 + k * coefficients;
      for (let i = 0; i < coefficients; i++) {
        if (found[k * ringDegree + at + i] === words[expected + i]) continue;
        throw new DeviceError('the GPU computed a wrong residue', {
          where: `engine webgpu on ${device}, prime ${primeIndex}, coefficient ${at + i}`,
          hint: 'its memory or its driver is faulty: results are those of the engine simd from here on',
        });
      }
    }
  };
  return {
    begin() {
      const places = Array.from({ length: segment.primes }, () => coefficients * randomInt(ringDegree / coefficients));
      const inputs: (Uint32Array | undefined)[] = places.map(() => undefined);
      return {
        seen(primeIndex, first, residues) {
          const from = ((elementAt(places, primeIndex) - first) / coefficients) * inputWords;
          if (from >= 0 && from < residues.length) inputs[primeIndex] = residues.slice(from, from + inputWords);
        },
        check(region) {
          places.forEach((at, primeIndex) => {
            const input = inputs[primeIndex];
            if (input === undefined) throw new RangeError(`prime ${primeIndex} was not seen`);
            assertEqual(primeIndex, at, input, elementAt(region, primeIndex));
          });
        },
      };
    },
  };
}
