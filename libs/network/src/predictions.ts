/**
 * Index of the largest logit of each row; the first one of equals.
 *
 * @param logits count × classes, at most 256 classes
 * @returns one class a row
 * @throws RangeError unless the logits are whole rows
 */
export function predictionsOf(logits: ArrayLike<number>, classes: number): Uint8Array {
  const count = logits.length / classes;
  const predictions = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((logits[n * classes + c] ?? 0) > (logits[n * classes + best] ?? 0)) best = c;
    }
    predictions[n] = best;
  }
  return predictions;
}

/** Fraction of equal entries, 0 to 1. @throws RangeError for none, and for unequal lengths */
export function fractionEqual(a: Uint8Array, b: Uint8Array): number {
  if (a.length === 0 || a.length !== b.length) {
    throw new RangeError(`cannot compare ${a.length} predictions with ${b.length}`);
  }
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal / a.length;
}
