import type { ChannelFunction } from './graph.js';

/** The polynomial square·z² + linear·z + constant. */
export interface Quadratic {
  readonly square: number;
  readonly linear: number;
  readonly constant: number;
}

/** Half the width of the integral in standard deviations, and its step: the rest of a normal's mass is below 1e-8. */
const REACH = 6;
const STEP = 0.02;

/**
 * The quadratic that is nearest to f(mean + deviation·z) for a standard normal z, in the mean square: its coefficients in
 * Hermite's polynomials are E[f], E[f·z] and E[f·(z² − 1)]/2 (Abramowitz, Stegun 1964, 22.2.15). Of a ReLU with mean 0 and
 * deviation 1 it is 0.2·z² + 0.5·z + 0.2.
 *
 * @param degree 1 gives the nearest line
 */
export function fitQuadratic(f: (x: number) => number, mean: number, deviation: number, degree: 1 | 2): Quadratic {
  let [total, zeroth, first, second] = [0, 0, 0, 0];
  for (let z = -REACH; z <= REACH; z += STEP) {
    const weight = Math.exp((-z * z) / 2);
    const value = f(mean + deviation * z);
    total += weight;
    zeroth += weight * value;
    first += weight * value * z;
    second += (weight * value * (z * z - 1)) / 2;
  }
  const square = degree === 2 ? second / total : 0;
  return { square, linear: first / total, constant: zeroth / total - square };
}

/**
 * Most that −linear/2·square may be, the value of z where the parabola turns: the circuit squares z + linear/2·square, whose
 * range decides how precise an encrypted evaluation is. |z| is held below 4 too.
 */
export const MOST_TURN = 4;

/** The least change of `square` that keeps the parabola's turn within ±{@link MOST_TURN}. */
export function boundedSquare(square: number, linear: number): number {
  const least = Math.abs(linear) / (2 * MOST_TURN);
  if (Math.abs(square) >= least) return square;
  return square < 0 ? -least : least;
}

/** Polynomials of all channels of an activation, given what its inputs are like. */
export function fitChannels(
  functionOf: ChannelFunction,
  means: ArrayLike<number>,
  deviations: ArrayLike<number>,
  degree: 1 | 2,
): Quadratic[] {
  return Array.from(means, (mean, channel) => {
    const fitted = fitQuadratic(functionOf(channel), mean, deviations[channel] ?? 1, degree);
    return degree === 1 ? fitted : { ...fitted, square: boundedSquare(fitted.square, fitted.linear) };
  });
}
