import { randomInt } from 'node:crypto';

/** Uniform in [0, below): the operating system's, never a seed that a worker could know. */
export type Draw = (below: number) => number;

/** `count` positions below `ringDegree`, with replacement, ascending: the bound is of independent draws. */
export function drawPositions(count: number, ringDegree: number, draw: Draw = randomInt): number[] {
  return Array.from({ length: count }, () => draw(ringDegree)).sort((a, b) => a - b);
}
