/** A metric's key in a report, and between what it can be. */
export interface Metric {
  readonly name: string;
  readonly range: readonly [low: number, high: number];
  /** Why it cannot be had of these examples; missing where it can. */
  readonly undefinedBecause?: string;
}

/** How often each example counts, count whole numbers; missing where each counts once. */
export type Weights = Uint32Array | undefined;

/**
 * Metrics that are computed together, as functions of how often each example counts. All of them are homogeneous: they
 * do not change when every weight is doubled.
 */
export interface Statistic {
  readonly metrics: readonly Metric[];
  /** Entries that one evaluation reads, for the bound of work. */
  readonly visits: number;
  /** Writes the metrics into `into` from `at` on; NaN for what these weights leave undefined. */
  readonly evaluate: (weights: Weights, into: Float64Array, at: number) => void;
  /** An array of count a metric: its derivative by the weight of each example, where all weights are one. Their sum is 0. */
  readonly influences: () => Float64Array[];
}

export const SHARE: readonly [number, number] = [0, 1];

/** A metric that is the mean of a value an example. */
export interface Mean extends Metric {
  /** count */
  readonly values: Float64Array | Uint8Array;
}

/** Means over examples. */
export function meanStatistic(count: number, means: readonly Mean[]): Statistic {
  const meanOf = (values: Mean['values'], weights: Weights): number => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const weight = weights === undefined ? 1 : weights[i]!;
      sum += weight * values[i]!;
      total += weight;
    }
    return sum / total;
  };
  return {
    metrics: means,
    visits: count * means.length,
    evaluate: (weights, into, at) => {
      means.forEach(({ values }, m) => (into[at + m] = meanOf(values, weights)));
    },
    influences: () => {
      return means.map(({ values }) => {
        const mean = meanOf(values, undefined);
        const influence = new Float64Array(count);
        for (let i = 0; i < count; i++) influence[i] = (values[i]! - mean) / count;
        return influence;
      });
    },
  };
}
