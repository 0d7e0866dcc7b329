import { largestOf } from './decisions.js';
import { SHARE, type Statistic, type Weights } from './statistic.js';
import type { Predictions } from './task.js';

const BINS = 10;

/**
 * How often what has a probability comes true, in ten bins of equal width. A bin holds what is above its lower edge up to
 * its upper one, the first one 0 as well. In an empty bin confidence and frequency are 0.
 */
export interface Reliability {
  /** 11, from 0 to 1. */
  readonly edges: number[];
  /** Mean probability of each bin. */
  readonly confidence: number[];
  /** Share of each bin that is true. */
  readonly frequency: number[];
  readonly counts: number[];
}

/** Probabilities and what became of them: of the class decided for, of a 1, or of every label. */
export interface Claims {
  readonly count: number;
  /** count × claims of an example */
  readonly confidence: Float64Array;
  readonly isTrue: Uint8Array;
  /** 0 … 9 */
  readonly bins: Uint8Array;
}

/** As NumPy's linspace has them. */
const EDGES = Array.from({ length: BINS + 1 }, (_, k) => (k === BINS ? 1 : k * 0.1));

function binOf(p: number): number {
  let bin = 0;
  while (bin + 1 < BINS && p > EDGES[bin + 1]!) bin++;
  return bin;
}

function binsOf(values: Float64Array): Uint8Array {
  const bins = new Uint8Array(values.length);
  for (let e = 0; e < values.length; e++) bins[e] = binOf(values[e]!);
  return bins;
}

/** @param values the probabilities of `probabilitiesOf` */
export function claimsOf({ task, targets, width }: Predictions, values: Float64Array, count: number): Claims {
  if (task.kind !== 'multiclass') {
    return { count, confidence: values, isTrue: new Uint8Array(targets), bins: binsOf(values) };
  }
  const confidence = new Float64Array(count);
  const isTrue = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const decision = largestOf(values, i * width, width);
    confidence[i] = values[i * width + decision]!;
    isTrue[i] = decision === targets[i] ? 1 : 0;
  }
  return { count, confidence, isTrue, bins: binsOf(confidence) };
}

export function reliabilityOf({ confidence, isTrue, bins }: Claims): Reliability {
  const [counts, sums, trues] = [0, 1, 2].map(() => new Array<number>(BINS).fill(0)) as [number[], number[], number[]];
  for (let e = 0; e < bins.length; e++) {
    const bin = bins[e]!;
    counts[bin]! += 1;
    sums[bin]! += confidence[e]!;
    trues[bin]! += isTrue[e]!;
  }
  const mean = (sum: number, bin: number): number => (counts[bin] === 0 ? 0 : sum / counts[bin]!);
  return { edges: [...EDGES], confidence: sums.map(mean), frequency: trues.map(mean), counts };
}

/**
 * The expected calibration error Σ_b n_b/n |frequency_b − confidence_b| over those bins (Naeini, Cooper, Hauskrecht 2015;
 * Guo et al. 2017): of the class decided for; for binary tasks of a 1; for labels over all of them together.
 *
 * It is biased upwards: of n examples, a perfectly calibrated model shows about 1/√n.
 */
export function calibrationStatistic({ count, confidence, isTrue, bins }: Claims): Statistic {
  const each = confidence.length / count;
  const gaps = new Float64Array(BINS);
  /** @returns claims; leaves Σ weight (confidence − truth) of each bin in `gaps` */
  const fill = (weights: Weights): number => {
    gaps.fill(0);
    let total = 0;
    for (let i = 0, e = 0; i < count; i++) {
      const weight = weights === undefined ? 1 : weights[i]!;
      total += weight * each;
      for (let last = e + each; e < last; e++) {
        const bin = bins[e]!;
        gaps[bin] = gaps[bin]! + weight * (confidence[e]! - isTrue[e]!);
      }
    }
    return total;
  };
  const errorOf = (total: number): number => gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
  return {
    metrics: [{ name: 'calibrationError', range: SHARE }],
    visits: confidence.length,
    evaluate: (weights, into, at) => {
      into[at] = errorOf(fill(weights));
    },
    influences: () => {
      const total = fill(undefined);
      const error = errorOf(total);
      const influence = new Float64Array(count).fill(-error / count);
      for (let i = 0, e = 0; i < count; i++) {
        for (let last = e + each; e < last; e++) {
          influence[i]! += (Math.sign(gaps[bins[e]!]!) * (confidence[e]! - isTrue[e]!)) / total;
        }
      }
      return [influence];
    },
  };
}
