import { randomFillSync } from 'node:crypto';
import type { SharedMemory } from '@ciphernet/ring';
import type { EncryptionKernels } from './encryption-kernels.js';
import { type EncryptionLayout, type Workspace, randomBytesOf } from './encryption-memory.js';

/** Words beyond a polynomial that are drawn to make up for rejected ones: some 32 of 8,192 bytes are. */
const SPARE = 256;

/** Where a thread draws: the bits come from Node's generator, which the operating system seeds, into its workspace. */
export interface RandomSource {
  readonly memory: SharedMemory;
  readonly kernels: EncryptionKernels;
  readonly layout: EncryptionLayout;
  readonly space: Workspace;
}

/** Draws until N values have been written. @param sample takes fresh bits; returns how many values it made of them */
function drawAll(
  { memory, space, layout }: RandomSource,
  unit: number,
  target: number,
  sample: (random: number, drawn: number, to: number, left: number) => number,
): void {
  const N = layout.ringDegree;
  for (let written = 0; written < N;) {
    const drawn = Math.min(N - written + SPARE, randomBytesOf(N) / unit);
    randomFillSync(new Uint8Array(memory.buffer, space.random, drawn * unit));
    written += sample(space.random, drawn, target + 4 * written, N - written);
  }
}

/** Coefficients uniform in {−1, 0, 1}, N i32. */
export function drawTernary(source: RandomSource, target: number): void {
  const { kernels } = source;
  drawAll(source, 1, target, (random, drawn, to, left) => kernels.ternary(random, drawn, to, left));
}

/** Residues uniform in [0, prime), N u32. */
export function drawUniform(source: RandomSource, target: number, prime: number): void {
  const { kernels } = source;
  drawAll(source, 4, target, (random, drawn, to, left) => kernels.uniform(random, drawn, to, left, prime));
}

/** Two polynomials of errors, N i32 each. */
export function drawErrors({ memory, kernels, space, layout }: RandomSource, first: number, second: number): void {
  randomFillSync(new Uint8Array(memory.buffer, space.random, randomBytesOf(layout.ringDegree)));
  kernels.centredBinomials(space.random, first, second, layout.ringDegree);
}
