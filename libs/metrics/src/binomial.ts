/** ln n! − ln(√(2πn) (n/e)^n) for n from 1 to 15, from exact factorials. */
const SMALL = Array.from({ length: 16 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return n === 0 ? 0 : Math.log(factorial) - 0.5 * Math.log(2 * Math.PI * n) - n * Math.log(n) + n;
});

/** The error of Stirling's formula: Stirling's series, of which five terms leave 1e-16 beyond 15. */
function stirlingError(n: number): number {
  if (n < SMALL.length) return SMALL[n]!;
  const inverse = 1 / (n * n);
  return (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / n;
}

/** x ln(x/m) + m − x without the cancellation near x = m. */
function deviance(x: number, m: number): number {
  const v = (x - m) / (x + m);
  if (Math.abs(v) >= 0.1) return x * Math.log(x / m) + m - x;
  let sum = (x - m) * v;
  let term = 2 * x * v;
  for (let j = 3; ; j += 2) {
    term *= v * v;
    const next = sum + term / j;
    if (next === sum) return sum;
    sum = next;
  }
}

/** The chance of k heads of n fair coins, to about 1e-13 of itself (Loader 2000, "Fast and accurate computation"). */
function chanceOf(k: number, n: number): number {
  if (k === 0 || k === n) return 2 ** -n;
  const half = n / 2;
  const logarithm =
    stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, half) - deviance(n - k, half);
  return Math.exp(logarithm) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/**
 * The exact two-sided p of a binomial test against one half: the chance that k of n fair coins differ from n/2 by at least
 * as much.
 *
 * @param k 0 … n
 * @param n 0 … 2^53
 */
export function fairCoinTest(k: number, n: number): number {
  const fewer = Math.min(k, n - k);
  if (2 * fewer === n) return 1;
  let sum = 0;
  // Each term relative to the last one, down to where nothing is added: O(√n) terms.
  for (let i = fewer, ratio = 1; i >= 0 && ratio > 1e-18; i--) {
    sum += ratio;
    ratio *= i / (n - i + 1);
  }
  return Math.min(1, 2 * sum * chanceOf(fewer, n));
}
