import type { MaskExpander } from '@ciphernet/artifacts';
import type { CkksParameters } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { GROUP } from './encryption-memory.js';
import type { StepClock } from './encryption-steps.js';
import type { GroupEncryptor, ShardRegion } from './encryption-task.js';
import { montgomeryForm, specialInverse } from './key-residues.js';
import { type RandomSource, drawErrors, drawTernary } from './randomness.js';
import { placesOfRows } from './row-places.js';
import type { WideKernels } from './wide-kernels.js';

/** What groups are encrypted with, four polynomials at a time. */
export interface LaneParts extends RandomSource {
  readonly parameters: CkksParameters;
  readonly wide: WideKernels;
  readonly clock: StepClock;
}

/** Values group by group. */
export function takeByGroup({ kernels, layout, space }: LaneParts): GroupEncryptor['take'] {
  return ({ rows, images, features }, first, count) =>
    kernels.regroup(rows, images, features, first, count, layout.slotCount, space.values);
}

const isFolded = ({ layout }: LaneParts): boolean => layout.ring === 'conjugate-invariant';

/** Embeds a group's values: messages, less `errors` where they are not 0. */
function embedGroup(parts: LaneParts, region: ShardRegion, g: number, errors: number, to: number): void {
  const { kernels, wide, layout, space, clock } = parts;
  const { slotCount, order, twiddles, rotations } = layout;
  const values = space.values + 4 * GROUP * slotCount * g;
  const logSlots = Math.log2(slotCount);
  const rounding = elementAt(layout.primes, 0).laneRoots + 16;
  const factor = region.scale / slotCount;
  clock('embedding', () => {
    wide.embedLanes(values, factor, order, twiddles, rotations, rounding, space.lanes, logSlots);
    kernels.laneMessages(space.lanes, errors, logSlots, isFolded(parts), to);
  });
}

/** A word of error for each coefficient of each lane, from draws that stand one after another. */
function prepareSymmetric(parts: LaneParts, region: ShardRegion, g: number): void {
  const { layout, space, clock } = parts;
  const polynomial = 4 * layout.ringDegree;
  const errors = space.residues[0];
  clock('randomness', () => {
    for (let c = 0; c < GROUP; c += 2) drawErrors(parts, errors + c * polynomial, errors + (c + 1) * polynomial);
  });
  embedGroup(parts, region, g, errors, elementAt(space.small, g));
}

/**
 * With the secret key: first components into a shard's body, second ones from its seed. All groups for one prime after another: rows
 * that lie side by side are written shortly after each other, as one by one (`simd-encryptor.ts`).
 */
export function encryptSymmetricLanes(
  parts: LaneParts,
  region: ShardRegion,
  first: number,
  count: number,
  expander: MaskExpander,
): void {
  const { kernels, wide, layout, space, memory, clock } = parts;
  const { ringDegree: N, logN } = layout;
  const { tile } = region;
  const folded = Number(isFolded(parts));
  const [, masks] = space.residues;
  for (let g = 0; GROUP * g < count; g++) prepareSymmetric(parts, region, g);
  layout.primes.slice(0, -1).forEach(({ laneRoots, keys, modulus }, primeIndex) => {
    for (let g = 0; GROUP * g < count; g++) {
      const from = first + GROUP * g;
      const together = Math.min(GROUP, count - GROUP * g);
      const mask = new Uint32Array(memory.buffer, masks, together * N);
      const message = elementAt(space.small, g);
      const { target, tileBytes } = placesOfRows(region, primeIndex, 0, from, N);
      clock('masks', () => expander.expandCiphertexts(primeIndex, from, together, mask));
      clock('transforms', () => wide.transformLanes(message, space.lanes, logN, laneRoots, folded));
      clock('products', () =>
        kernels.laneRows(space.lanes, together, masks, keys[0], logN, tile, target, tileBytes, modulus),
      );
    }
  });
}

/** Draws and embeds what all primes need of a group: [u, e0, e1, m], a word of each for each coefficient of each lane. */
function preparePublic(parts: LaneParts, region: ShardRegion, g: number): void {
  const { layout, space, clock } = parts;
  const [u, first, second, message] = space.small;
  clock('randomness', () => {
    for (let c = 0; c < GROUP; c++) {
      const at = 4 * layout.ringDegree * c;
      drawTernary(parts, u + at);
      drawErrors(parts, first + at, second + at);
    }
  });
  embedGroup(parts, region, g, 0, message);
}

/** Both errors e to e − t, where t is what the division by the special prime takes off: see assembly/encryption.ts. */
export function takeRoundingOff(parts: LaneParts): void {
  const { kernels, wide, layout, space, clock } = parts;
  const { logN } = layout;
  const [u, first, second] = space.small;
  const [product, transformed] = space.residues;
  const { laneRoots, inverseLaneRoots, keys, modulus } = elementAt(layout.primes, layout.primes.length - 1);
  if (inverseLaneRoots === undefined) throw new RangeError('no inverse roots of the special prime');
  clock('transforms', () => wide.transformLanes(u, space.lanes, logN, laneRoots, Number(isFolded(parts))));
  clock('products', () => kernels.laneIntegers(space.lanes, logN, transformed));
  [first, second].forEach((error, component) => {
    clock('products', () => kernels.laneProducts(transformed, elementAt(keys, component), logN, modulus, product));
    const forward = isFolded(parts) ? laneRoots : 0;
    clock('transforms', () => wide.inverseLanes(product, space.lanes, logN, inverseLaneRoots, forward));
    clock('products', () => kernels.laneDifference(space.lanes, error, logN, modulus));
  });
}

/** Rows of both components modulo one prime, from u, e0 − t0, e1 − t1 and m. @param from the first of `count` ciphertexts */
export function putPublicRows(
  parts: LaneParts,
  region: ShardRegion,
  primeIndex: number,
  { from, count }: { readonly from: number; readonly count: number },
): void {
  const { kernels, wide, layout, space, parameters, clock } = parts;
  const { ringDegree: N, logN } = layout;
  const { tile } = region;
  const folded = Number(isFolded(parts));
  const [u, first, second, message] = space.small;
  const [sum, transformed] = space.residues;
  const { prime, laneRoots, keys, modulus } = elementAt(layout.primes, primeIndex);
  const divide = montgomeryForm(specialInverse(parameters, prime), prime);
  clock('transforms', () => wide.transformLanes(u, space.lanes, logN, laneRoots, folded));
  clock('products', () => kernels.laneIntegers(space.lanes, logN, transformed));
  [first, second].forEach((difference, component) => {
    const added = component === 0 ? message : 0;
    clock('products', () => kernels.laneSum(difference, added, divide, logN, modulus, sum));
    clock('transforms', () => wide.transformLanes(sum, space.lanes, logN, laneRoots, folded));
    const { target, tileBytes } = placesOfRows(region, primeIndex, component, from, N);
    const key = elementAt(keys, component);
    clock('products', () =>
      kernels.lanePublicRows(space.lanes, transformed, key, count, logN, tile, target, tileBytes, modulus),
    );
  });
}

/** With the public key, into a shard's body. */
export function encryptPublicLanes(parts: LaneParts, region: ShardRegion, first: number, count: number): void {
  for (let g = 0; GROUP * g < count; g++) {
    preparePublic(parts, region, g);
    takeRoundingOff(parts);
    const group = { from: first + GROUP * g, count: Math.min(GROUP, count - GROUP * g) };
    parts.parameters.primes.forEach((_prime, primeIndex) => putPublicRows(parts, region, primeIndex, group));
  }
}
