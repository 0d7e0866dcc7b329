import { randomInt } from 'node:crypto';

/** Uniform in [0, below), from the operating system's generator; tests pass one of their own. */
export type Uniform = (below: number) => number;

/** True with probability exp(−numerator/denominator), for 0 ≤ numerator ≤ denominator. */
function bernoulliExp(numerator: number, denominator: number, uniform: Uniform): boolean {
  let k = 1;
  while (uniform(denominator * k) < numerator) k++;
  return k % 2 === 1;
}

/**
 * Two-sided geometric noise, P(x) ∝ exp(−|x|·s/t): exact, with integers only, so that no rounding of a logarithm gives
 * values away (Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for Differential Privacy", algorithm 2).
 *
 * @param s over `t`: ε over the sensitivity of the count, two positive integers
 */
export function geometricNoise(s: number, t: number, uniform: Uniform = randomInt): number {
  for (;;) {
    const low = uniform(t);
    if (!bernoulliExp(low, t, uniform)) continue;
    let high = 0;
    while (bernoulliExp(1, 1, uniform)) high++;
    const magnitude = Math.floor((low + t * high) / s);
    const negative = uniform(2) === 1;
    if (negative && magnitude === 0) continue;
    return negative ? -magnitude : magnitude;
  }
}
