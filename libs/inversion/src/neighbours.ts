/** Encoded examples with their classes. */
export interface Labelled {
  readonly encoded: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * What an encoding shows without any pair or key: the share of examples whose nearest one among others, by squared distance of encoded
 * values, is of the same class. Where nothing shows it is that of chance.
 *
 * @param width values of an encoded example
 * @returns a share, 0 to 1
 * @throws RangeError where there are no examples on either side
 */
export function sameClassNeighbours(examples: Labelled, others: Labelled, width: number): number {
  if (examples.labels.length === 0 || others.labels.length === 0) throw new RangeError('there are no examples');
  let same = 0;
  for (const [n, label] of examples.labels.entries()) {
    let nearest = 0;
    let least = Infinity;
    for (let m = 0; m < others.labels.length; m++) {
      let distance = 0;
      // Most are given up half-way.
      for (let i = 0; i < width && distance < least; i++) {
        distance += (examples.encoded[n * width + i]! - others.encoded[m * width + i]!) ** 2;
      }
      if (distance < least) {
        least = distance;
        nearest = m;
      }
    }
    if (others.labels[nearest] === label) same++;
  }
  return same / examples.labels.length;
}
