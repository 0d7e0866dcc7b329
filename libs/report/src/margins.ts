import { elementAt } from '@ciphernet/foundation';
import type { Report } from './schema.js';

/** Lower edges of the bins in logit units: 0, then powers of two; the last bin is open. */
const EDGES: readonly number[] = [0, ...Array.from({ length: 13 }, (_, i) => 2 ** (i - 7))];

/**
 * Histogram of the gap between the two highest logits of each image: how close the closest decisions are. An aggregate
 * that decryption alone gives; no gap of a single image is in it.
 *
 * @param logits images × classes, finite
 * @param errorBound bound of one logit's error; a decision with a gap below twice it could be another one
 * @throws RangeError for logits that are no numbers
 */
export function marginsOf(
  logits: ArrayLike<number>,
  classes: number,
  errorBound?: number,
): NonNullable<Report['margins']> {
  const counts = new Array<number>(EDGES.length).fill(0);
  let uncertain = 0;
  for (let start = 0; start < logits.length; start += classes) {
    let first = -Infinity;
    let second = -Infinity;
    for (let k = start; k < start + classes; k++) {
      const value = logits[k] ?? -Infinity;
      if (value > first) [first, second] = [value, first];
      else if (value > second) second = value;
    }
    const gap = first - second;
    const bin = EDGES.findLastIndex((edge) => gap >= edge);
    counts[bin] = elementAt(counts, bin) + 1;
    if (errorBound !== undefined && gap < 2 * errorBound) uncertain++;
  }
  return { edges: [...EDGES], counts, ...(errorBound === undefined ? {} : { uncertain }) };
}
