import { decoderReconstruction } from './decoder.js';
import { type PairSet, bytesOf, columnMeans, fractionsOf, takePairs } from './pairs.js';
import { fitRidge } from './ridge.js';
import { type Similarity, similarityOf } from './similarity.js';

/**
 * One attack. What the attacker has:
 * - `nothing`: the mean of public images of the kind, the same guess for every one: what other figures are to be compared with;
 * - `pairs`: so many images whose encoded copies are known;
 * - `encoding`: the key, or a way to have images of one's own encoded: as many pairs of public images as are wanted.
 */
export interface Attack {
  readonly knows: 'nothing' | 'pairs' | 'encoding';
  readonly method: 'mean' | 'ridge' | 'decoder';
  /** Pairs that it learned from. */
  readonly pairs: number;
}

/** What an attack made of encoded images that it had not seen. */
export interface Inversion extends Attack {
  readonly similarity: Similarity;
  /** Images of the targets, in their order, a byte a pixel. */
  readonly images: Uint8Array;
}

/** How hard is tried. */
export interface AttackOptions {
  /** Side lengths of an image, channels in the width: windows of structural similarity lie in it. */
  readonly shape: { readonly height: number; readonly width: number };
  /** Numbers of known pairs; those beyond what there is are left out. */
  readonly known: readonly number[];
  /** Hidden units of the decoder. */
  readonly units: number;
  /** Steps of the decoder's training. */
  readonly steps: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, note: string) => void;
}

const textOf = ({ method, pairs }: Attack): string => `${method}, ${pairs} pairs`;

/** The attacks on so many pairs: ridge regression at each number, a decoder with the most known pairs and with all. */
function attacksOn(count: number, known: readonly number[]): readonly Attack[] {
  const numbers = known.filter((pairs) => pairs >= 2 && pairs < count);
  const most = numbers.at(-1);
  return [
    { knows: 'nothing', method: 'mean', pairs: 0 },
    ...numbers.map((pairs): Attack => ({ knows: 'pairs', method: 'ridge', pairs })),
    ...(most === undefined ? [] : [{ knows: 'pairs', method: 'decoder', pairs: most } as const]),
    { knows: 'encoding', method: 'decoder', pairs: count },
  ];
}

/**
 * Attacks an encoding: learns from pairs, and reconstructs images of which only the encoded copy is given.
 *
 * @param pairs what the strongest attacker has; weaker ones have the first of them
 * @param targets encoded images that are to be inverted; their images serve for the figures only
 * @throws RangeError for fewer than two pairs, and for no target; the signal's reason when it is aborted
 */
export async function attackEncoding(
  pairs: PairSet,
  targets: PairSet,
  { shape, known, units, steps, signal, onProgress }: AttackOptions,
): Promise<readonly Inversion[]> {
  if (pairs.count < 2 || targets.count < 1) {
    throw new RangeError(`${pairs.count} pairs and ${targets.count} targets: an attack needs two and one`);
  }
  const attacks = attacksOn(pairs.count, known);
  const inversions: Inversion[] = [];
  for (const [at, attack] of attacks.entries()) {
    signal?.throwIfAborted();
    const report = (share: number): void => onProgress?.(at + share, attacks.length, textOf(attack));
    report(0);
    const taken = takePairs(pairs, attack.pairs);
    let images: Uint8Array;
    if (attack.method === 'mean') {
      const mean = bytesOf(Float32Array.from(columnMeans(fractionsOf(pairs.images), pairs.width)));
      images = Uint8Array.from({ length: targets.images.length }, (_, i) => mean[i % pairs.width]!);
    } else if (attack.method === 'ridge') images = bytesOf(fitRidge(taken)(targets.encoded));
    else {
      const onStep = (done: number): void => report(done / steps);
      images = await decoderReconstruction(taken, targets.encoded, { units, steps, seed: 1, signal, onStep });
    }
    inversions.push({ ...attack, similarity: similarityOf(targets.images, images, shape), images });
  }
  onProgress?.(attacks.length, attacks.length, 'done');
  return inversions;
}
