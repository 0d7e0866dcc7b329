/**
 * How one axis is resampled, in integers: target position i is the sum of weights[k] × source[first + k] over its part of the
 * table, divided by `total`. The weights of every position add up to `total`.
 */
export interface AxisWeights {
  /** Source position of the first weight of each target position. */
  readonly first: Int32Array;
  /** Where the weights of each target position begin in `weights`; one more than there are positions. */
  readonly offsets: Int32Array;
  readonly weights: Float64Array;
  readonly total: number;
}

/** The part of target pixel i, [i·S, (i+1)·S), that each source pixel j, [j·D, (j+1)·D), covers, in D-ths of a source pixel. */
function areaWeights(source: number, target: number, i: number): { first: number; weights: number[] } {
  const [from, to] = [i * source, (i + 1) * source];
  const first = Math.floor(from / target);
  const weights: number[] = [];
  for (let j = first; j * target < to; j++) {
    weights.push(Math.min(to, (j + 1) * target) - Math.max(from, j * target));
  }
  return { first, weights };
}

/** The two source centres around target centre (i + ½)·S/D − ½, in 2D-ths of a source pixel; the outermost pixel goes on. */
function bilinearWeights(source: number, target: number, i: number): { first: number; weights: number[] } {
  const position = (2 * i + 1) * source - target;
  const below = Math.floor(position / (2 * target));
  const fraction = position - below * 2 * target;
  if (below < 0) return { first: 0, weights: [2 * target] };
  if (fraction === 0 || below + 1 >= source) return { first: below, weights: [2 * target] };
  return { first: below, weights: [2 * target - fraction, fraction] };
}

/**
 * Weights of an axis of `source` positions resampled to `target`: the average of the area where it shrinks, bilinear with centres
 * at half positions where it grows, and the positions themselves where neither.
 */
export function axisWeights(source: number, target: number): AxisWeights {
  const first = new Int32Array(target);
  const offsets = new Int32Array(target + 1);
  const all: number[] = [];
  for (let i = 0; i < target; i++) {
    let part = { first: i, weights: [1] };
    if (target < source) part = areaWeights(source, target, i);
    if (target > source) part = bilinearWeights(source, target, i);
    first[i] = part.first;
    all.push(...part.weights);
    offsets[i + 1] = all.length;
  }
  const growing = target > source ? 2 * target : 1;
  return { first, offsets, weights: Float64Array.from(all), total: target < source ? source : growing };
}
