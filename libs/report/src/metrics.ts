import { elementAt } from '@ciphernet/foundation';

/** counts[true][predicted]. @throws RangeError for unequal lengths, and for a label or prediction beyond `classes` */
export function confusionMatrix(labels: Uint8Array, predictions: Uint8Array, classes: number): number[][] {
  if (labels.length !== predictions.length) {
    throw new RangeError(`${labels.length} labels for ${predictions.length} predictions`);
  }
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = counts[labels[i] ?? classes];
    const predicted = predictions[i] ?? classes;
    if (row === undefined || predicted >= classes)
      throw new RangeError(`label or prediction ${i} is beyond ${classes} classes`);
    row[predicted] = elementAt(row, predicted) + 1;
  }
  return counts;
}

/** How far decrypted logits are from expected ones, in logit units. */
export interface LogitError {
  readonly rms: number;
  /** Largest |error|. */
  readonly largest: number;
  /** −log2(rms / largest expected |logit|): how many bits of a logit are right; 53, a double's, without any error. */
  readonly bits: number;
}

/** Error of decrypted logits; both arrays images × classes. @throws RangeError when `decrypted` is the shorter */
export function logitError(decrypted: ArrayLike<number>, expected: ArrayLike<number>): LogitError {
  let sum = 0;
  let largest = 0;
  let range = 0;
  for (let i = 0; i < expected.length; i++) {
    const wanted = elementAt(expected, i);
    const error = Math.abs(elementAt(decrypted, i) - wanted);
    sum += error * error;
    largest = Math.max(largest, error);
    range = Math.max(range, Math.abs(wanted));
  }
  const rms = Math.sqrt(sum / expected.length);
  return { rms, largest, bits: rms === 0 ? 53 : Math.log2(range / rms) };
}
