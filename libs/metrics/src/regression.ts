import type { Metric, Statistic, Weights } from './statistic.js';
import type { Predictions } from './task.js';

/** Sums of one output over weighted examples; targets are taken from their mean, so that squares do not cancel. */
interface Sums {
  total: number;
  absolute: number;
  squared: number;
  target: number;
  targetSquared: number;
}

/** Σ (y − ȳ)² under the weights. */
const variation = ({ total, target, targetSquared }: Sums): number => targetSquared - target ** 2 / total;

/**
 * Mean absolute error `mae`, root of the mean squared error `rmse`, both in the targets' units, and the coefficient of
 * determination `r2`; of several outputs the mean over them.
 */
export function regressionStatistic({ outputs, targets, width }: Predictions, count: number): Statistic {
  const errors = outputs.map((output, at) => output - targets[at]!);
  const means = Array.from({ length: width }, (_, k) => {
    let sum = 0;
    for (let at = k; at < targets.length; at += width) sum += targets[at]!;
    return sum / count;
  });
  const centred = targets.map((target, at) => target - means[at % width]!);
  const sumsOf = (weights: Weights, k: number): Sums => {
    const sums: Sums = { total: 0, absolute: 0, squared: 0, target: 0, targetSquared: 0 };
    for (let i = 0, at = k; i < count; i++, at += width) {
      const weight = weights === undefined ? 1 : weights[i]!;
      const error = errors[at]!;
      const target = centred[at]!;
      sums.total += weight;
      sums.absolute += weight * Math.abs(error);
      sums.squared += weight * error * error;
      sums.target += weight * target;
      sums.targetSquared += weight * target * target;
    }
    return sums;
  };
  const isConstant = (k: number): boolean => {
    for (let at = k; at < targets.length; at += width) if (targets[at] !== targets[k]) return false;
    return true;
  };
  const constant = means.findIndex((_, k) => isConstant(k));
  const metrics: Metric[] = [
    { name: 'mae', range: [0, Infinity] },
    { name: 'rmse', range: [0, Infinity] },
    {
      name: 'r2',
      range: [-Infinity, 1],
      ...(constant < 0 ? {} : { undefinedBecause: `every target of output ${constant} is the same` }),
    },
  ];
  return {
    metrics,
    visits: 2 * outputs.length,
    evaluate: (weights, into, at) => {
      into.fill(0, at, at + 3);
      for (let k = 0; k < width; k++) {
        const sums = sumsOf(weights, k);
        // A resample of one target only, again and again, has no variation but rounding.
        const spread = variation(sums);
        const floor = 1e-12 * sums.targetSquared;
        into[at]! += sums.absolute / sums.total / width;
        into[at + 1]! += Math.sqrt(sums.squared / sums.total) / width;
        into[at + 2]! += spread > floor ? (1 - sums.squared / spread) / width : NaN;
      }
    },
    influences: () => {
      const [mae, rmse, r2] = [0, 1, 2].map(() => new Float64Array(count)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      for (let k = 0; k < width; k++) {
        const sums = sumsOf(undefined, k);
        const [meanAbsolute, meanSquared] = [sums.absolute / count, sums.squared / count];
        const spread = variation(sums);
        for (let i = 0, at = k; i < count; i++, at += width) {
          const square = errors[at]! ** 2;
          mae[i]! += (Math.abs(errors[at]!) - meanAbsolute) / count / width;
          // d√m = dm / 2√m; a perfect fit has no error to vary.
          if (meanSquared > 0) rmse[i]! += (square - meanSquared) / (2 * count * Math.sqrt(meanSquared)) / width;
          r2[i]! += ((sums.squared / spread) * centred[at]! ** 2 - square) / spread / width;
        }
      }
      return [mae, rmse, r2];
    },
  };
}
