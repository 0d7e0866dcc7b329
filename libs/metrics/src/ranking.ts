import { descending } from './order.js';
import { SHARE, type Statistic, type Weights } from './statistic.js';
import { columnOf } from './task.js';

const POSITIVE = 2;
const LAST_OF_TIES = 1;

/** One ranking: examples from the highest score on, packed as 4 × index + 2 if positive + 1 if the next score is lower. */
type Ranking = Uint32Array;

function rank(scores: Float64Array, positives: Uint8Array): Ranking {
  const { indices, lastOfTies } = descending(scores);
  for (let r = 0; r < indices.length; r++) {
    const example = indices[r]!;
    indices[r] = 4 * example + positives[example]! * POSITIVE + lastOfTies[r]! * LAST_OF_TIES;
  }
  return indices;
}

function countPositives(ranking: Ranking): number {
  let sum = 0;
  for (let r = 0; r < ranking.length; r++) sum += ranking[r]! & POSITIVE;
  return sum / POSITIVE;
}

/**
 * The chance that a positive example ranks above a negative one, a tie counting half; and the average precision,
 * Σ (R_k − R_k−1) P_k over the distinct scores, without interpolation. NaN where weights leave no positives, or for the
 * first no negatives.
 */
function areas(ranking: Ranking, weights: Weights): [roc: number, precision: number] {
  let [positives, negatives, tiedPositives, tiedNegatives, pairs, precision] = [0, 0, 0, 0, 0, 0];
  for (let r = 0; r < ranking.length; r++) {
    const entry = ranking[r]!;
    const weight = weights === undefined ? 1 : weights[entry >>> 2]!;
    if ((entry & POSITIVE) === 0) tiedNegatives += weight;
    else tiedPositives += weight;
    if ((entry & LAST_OF_TIES) === 0) continue;
    pairs += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    if (tiedPositives > 0) precision += (tiedPositives * positives) / (positives + negatives);
    tiedPositives = tiedNegatives = 0;
  }
  return [pairs / (positives * negatives), precision / positives];
}

/**
 * Adds the derivatives of both areas by each example's weight, divided by `parts`, to `into`, where those of an example are
 * side by side: examples come in no order, and memory is what takes the time.
 *
 * Of the area under the ROC curve: how much better than the area an example is placed among those of the other kind
 * (DeLong, DeLong, Clarke-Pearson 1988). Of the average precision AP = Σ_i T_i / N_i / P over positives i, with T_i
 * positives and N_i examples at or above i: a positive at rank j has (T_j/N_j − AP + Σ 1/N_i − Σ T_i/N_i²) / P with sums
 * over the positives at or below it, a negative only −Σ T_i/N_i² / P.
 */
function addInfluences(ranking: Ranking, parts: number, into: Float64Array): void {
  const [area, average] = areas(ranking, undefined);
  const positives = countPositives(ranking);
  const negatives = ranking.length - positives;
  let [above, gain, loss] = [positives, 0, 0];
  // From the lowest score up, one run of ties after the other: [start, end) of the ranking.
  for (let end = ranking.length; end > 0;) {
    let start = end - 1;
    let tied = (ranking[start]! & POSITIVE) / POSITIVE;
    while (start > 0 && (ranking[start - 1]! & LAST_OF_TIES) === 0) tied += (ranking[--start]! & POSITIVE) / POSITIVE;
    gain += tied / end;
    loss += (tied * above) / (end * end);
    const below = negatives - (end - above);
    const tiedNegatives = end - start - tied;
    const rocPositive = ((below + tiedNegatives / 2) / negatives - area) / positives / parts;
    const rocNegative = ((above - tied / 2) / positives - area) / negatives / parts;
    const precisionPositive = (above / end - average + gain - loss) / positives / parts;
    const precisionNegative = -loss / positives / parts;
    for (let r = start; r < end; r++) {
      const entry = ranking[r]!;
      const at = 2 * (entry >>> 2);
      const isPositive = (entry & POSITIVE) !== 0;
      into[at] = into[at]! + (isPositive ? rocPositive : rocNegative);
      into[at + 1] = into[at + 1]! + (isPositive ? precisionPositive : precisionNegative);
    }
    above -= tied;
    end = start;
  }
}

/** A column of scores, whose positives rank high where the model is good. */
export interface Column {
  readonly name: string;
  /** count */
  readonly scores: Float64Array;
  /** count; 0 or 1 */
  readonly positives: Uint8Array;
}

/**
 * Areas under the curves of true against false positives (`rocAuc`) and of precision against recall (`prAuc`): means over
 * the columns. In resamples a column without both kinds does not count.
 *
 * @param column the scores of one column; asked for once each, so that not all have to be held
 */
export function rankingStatistic(count: number, columns: number, column: (index: number) => Column): Statistic {
  const rankings: Ranking[] = [];
  // The first reason of each, if any.
  let noPositives: string | undefined;
  let oneKind: string | undefined;
  for (let c = 0; c < columns; c++) {
    const { name, scores, positives: truth } = column(c);
    const ranking = rank(scores, truth);
    const positives = countPositives(ranking);
    rankings.push(ranking);
    if (positives === 0) noPositives ??= `no example is ${name}`;
    if (positives === 0 || positives === count) oneKind ??= `${positives === 0 ? 'no' : 'every'} example is ${name}`;
  }
  return {
    metrics: [
      { name: 'rocAuc', range: SHARE, ...because(oneKind) },
      { name: 'prAuc', range: SHARE, ...because(noPositives) },
    ],
    visits: count * columns,
    evaluate: (weights, into, at) => {
      const sums = [0, 0];
      const defined = [0, 0];
      for (const ranking of rankings) {
        areas(ranking, weights).forEach((area, k) => {
          if (Number.isNaN(area)) return;
          sums[k]! += area;
          defined[k]! += 1;
        });
      }
      for (const k of [0, 1]) into[at + k] = sums[k]! / defined[k]!;
    },
    influences: () => {
      const both = new Float64Array(2 * count);
      for (const ranking of rankings) addInfluences(ranking, columns, both);
      return [columnOf(both, 0, 2), columnOf(both, 1, 2)];
    },
  };
}

const because = (undefinedBecause: string | undefined): { undefinedBecause?: string } =>
  undefinedBecause === undefined ? {} : { undefinedBecause };
