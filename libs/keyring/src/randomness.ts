import { randomFillSync } from 'node:crypto';
import type { SharedMemory } from '@ciphernet/ring';
import type { EncryptionKernels } from './encryption-kernels.js';
import { type EncryptionLayout, type Workspace, randomBytesOf } from './encryption-memory.js';

/** Bytes beyond a polynomial that are drawn to make up for rejected ones: some 32 of 8,192 bytes are. */
const SPARE = 256;

/** Where a thread draws: the bits come from Node's generator, which the operating system seeds, into its workspace. */
export interface RandomSource {
  readonly memory: SharedMemory;
  readonly kernels: EncryptionKernels;
  readonly layout: EncryptionLayout;
  readonly space: Workspace;
}

/** Coefficients uniform in {−1, 0, 1}, N i32: draws until so many were accepted. */
export function drawTernary({ memory, kernels, space, layout }: RandomSource, target: number): void {
  const N = layout.ringDegree;
  for (let written = 0; written < N;) {
    const drawn = Math.min(N - written + SPARE, randomBytesOf(N));
    randomFillSync(new Uint8Array(memory.buffer, space.random, drawn));
    written += kernels.ternary(space.random, drawn, target + 4 * written, N - written);
  }
}

/** Two polynomials of errors, N i32 each. */
export function drawErrors({ memory, kernels, space, layout }: RandomSource, first: number, second: number): void {
  randomFillSync(new Uint8Array(memory.buffer, space.random, randomBytesOf(layout.ringDegree)));
  kernels.centredBinomials(space.random, first, second, layout.ringDegree);
}
