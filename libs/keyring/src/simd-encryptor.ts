import { EXPANSION_BYTES, type ExpansionRoom, type MaskExpander, createMaskExpander } from '@ciphernet/artifacts';
import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { type EncryptionLayout, GROUP, type PrimeMemory, type Workspace } from './encryption-memory.js';
import type { EncryptionKernels } from './encryption-kernels.js';
import type { StepClock } from './encryption-steps.js';
import type { GroupEncryptor, ShardRegion } from './encryption-task.js';
import { montgomeryForm, specialInverse } from './key-residues.js';
import { type LaneParts, encryptPublicLanes, encryptSymmetricLanes, takeByGroup } from './lane-encryptor.js';
import { type RandomSource, drawErrors, drawTernary } from './randomness.js';
import { type RowPlaces, placesOfRows } from './row-places.js';
import type { WideKernels } from './wide-kernels.js';

/** What a thread encrypts with. */
export interface SimdParts extends RandomSource {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** Where they are used, groups are encrypted with them. */
  readonly wide: WideKernels | undefined;
  readonly clock: StepClock;
}

/** Values one feature after another. */
export function takeByFeature(kernels: EncryptionKernels, values: number): GroupEncryptor['take'] {
  return ({ rows, images, features }, first, count) => kernels.transpose(rows, images, features, first, count, values);
}

/** Values as the message's first coefficients, rounded; the others are 0. */
function placeFeature({ memory, layout }: SimdParts, region: ShardRegion, values: number, to: number): void {
  const from = new Float32Array(memory.buffer, values, region.images);
  const message = new Int32Array(memory.buffer, to, layout.ringDegree).fill(0);
  for (let i = 0; i < from.length; i++) message[i] = Math.round((from[i] ?? 0) * region.scale);
}

/** @param c which of the features at hand */
function embedFeature(parts: SimdParts, region: ShardRegion, c: number, to: number): void {
  const { kernels, layout, space } = parts;
  const values = space.values + 4 * c * region.images;
  if (region.encoding === 'coefficients') return placeFeature(parts, region, values, to);
  const { ring, order, twiddles, rotations, slotCount } = layout;
  const factor = region.scale / slotCount;
  const logSlots = Math.log2(slotCount);
  const isHalf = ring === 'conjugate-invariant';
  kernels.embed(values, region.images, factor, order, twiddles, rotations, space.slots, to, logSlots, isHalf);
}

/** Draws and embeds what all primes need of a group: [u, e0 − t0, e1 − t1, m], see assembly/encryption.ts. */
function preparePublic(parts: SimdParts, region: ShardRegion, g: number, count: number): void {
  const { kernels, layout, space, clock } = parts;
  const { logN } = layout;
  const special = elementAt(layout.primes, layout.primes.length - 1);
  for (let c = 0; c < count; c++) {
    const [u, first0, first1, message] = placesOf(space, layout, c);
    clock('randomness', () => {
      drawTernary(parts, u);
      drawErrors(parts, first0, first1);
    });
    clock('embedding', () => embedFeature(parts, region, GROUP * g + c, message));
    clock('transforms', () => {
      kernels.transformSmall(u, space.transformed, logN, special.tables, special.modulus);
      [first0, first1].forEach((error, component) => {
        const key = elementAt(special.keys, component);
        kernels.roundingDifference(space.transformed, key, error, space.scratch, logN, special.tables, special.modulus);
      });
    });
  }
}

/** Where the small polynomials of one ciphertext of a group stand. */
function placesOf({ small }: Workspace, layout: EncryptionLayout, c: number): [number, number, number, number] {
  const at = layout.stride * c;
  return [small[0] + at, small[1] + at, small[2] + at, small[3] + at];
}

function encryptPublic(parts: SimdParts, at: PrimeMemory, count: number): void {
  const { kernels, layout, space, parameters } = parts;
  const { logN, stride } = layout;
  const divide = montgomeryForm(specialInverse(parameters, at.prime), at.prime);
  for (let c = 0; c < count; c++) {
    const [u, first0, first1, message] = placesOf(space, layout, c);
    kernels.transformSmall(u, space.transformed, logN, at.tables, at.modulus);
    [first0, first1].forEach((difference, component) => {
      const target = elementAt(space.residues, component) + stride * c;
      const key = elementAt(at.keys, component);
      const added = component === 0 ? message : 0;
      const { tables, modulus } = at;
      kernels.publicComponent(space.transformed, key, difference, added, divide, target, logN, tables, modulus);
    });
  }
}

/** Embeds messages of several groups and takes errors off; the second draw of a pair is thrown away with the last odd ciphertext. */
function prepareSymmetric(parts: SimdParts, region: ShardRegion, count: number): void {
  const { kernels, layout, space, clock } = parts;
  const errors = [space.scratch, space.transformed] as const;
  for (let c = 0; c < count; c++) {
    if (c % 2 === 0) clock('randomness', () => drawErrors(parts, ...errors));
    const message = messageOf(space, layout, c);
    clock('embedding', () => embedFeature(parts, region, c, message));
    kernels.subtractError(message, elementAt(errors, c % 2), layout.logN);
  }
}

/** Where the message of one of several groups stands: all small polynomials are messages with the secret key. */
function messageOf({ small }: Workspace, layout: EncryptionLayout, c: number): number {
  return elementAt(small, Math.floor(c / GROUP)) + layout.stride * (c % GROUP);
}

/** Into the places of the group's first components; the second ones come from the seed. @param group which of those that are prepared together */
function encryptSymmetric(
  parts: SimdParts,
  at: PrimeMemory,
  group: { readonly g: number; readonly count: number },
  tile: number,
  { target, tileBytes }: RowPlaces,
): void {
  const { kernels, layout, space, clock } = parts;
  const { logN, stride } = layout;
  const { keys, tables, modulus } = at;
  const [rows, masks] = space.residues;
  const { g, count } = group;
  clock('transforms', () => {
    for (let c = 0; c < count; c++) {
      kernels.transformMessage(messageOf(space, layout, GROUP * g + c), rows + stride * c, logN, tables, modulus);
    }
  });
  clock('products', () =>
    kernels.symmetricRows(rows, stride, count, masks, keys[0], logN, tile, target, tileBytes, modulus),
  );
}

function encryptPublicGroups(parts: SimdParts, region: ShardRegion, first: number, count: number): void {
  const { kernels, layout, space, clock } = parts;
  for (let g = 0; GROUP * g < count; g++) {
    const together = Math.min(GROUP, count - GROUP * g);
    preparePublic(parts, region, g, together);
    layout.primes.slice(0, -1).forEach((at, primeIndex) => {
      clock('transforms', () => encryptPublic(parts, at, together));
      space.residues.forEach((source, component) => {
        const from = first + GROUP * g;
        const { target, tileBytes } = placesOfRows(region, primeIndex, component, from, layout.ringDegree);
        clock('products', () =>
          kernels.scatter(source, layout.stride, together, layout.logN, region.tile, target, tileBytes),
        );
      });
    });
  }
}

/** All groups for one prime after another: rows that lie side by side are written shortly after each other, which takes a twentieth less. */
function encryptSymmetricGroups(
  parts: SimdParts,
  region: ShardRegion,
  first: number,
  count: number,
  expander: MaskExpander,
): void {
  const { layout, space, memory, clock } = parts;
  const { ringDegree: N } = layout;
  prepareSymmetric(parts, region, count);
  layout.primes.slice(0, -1).forEach((at, primeIndex) => {
    for (let g = 0; GROUP * g < count; g++) {
      const from = first + GROUP * g;
      const group = { g, count: Math.min(GROUP, count - GROUP * g) };
      const masks = new Uint32Array(memory.buffer, space.residues[1], group.count * N);
      clock('masks', () => expander.expandCiphertexts(primeIndex, from, group.count, masks));
      encryptSymmetric(parts, at, group, region.tile, placesOfRows(region, primeIndex, 0, from, N));
    }
  });
}

/**
 * Encrypts in the thread's part of the shared memory. The same distributions as SEAL's, and for the same draws the same
 * residues (docs/cryptography.md); the bits come from Node's generator, which the operating system seeds.
 */
export function createSimdEncryptor(parts: SimdParts): GroupEncryptor {
  const { kernels, layout, memory, space, mode, parameters, wide } = parts;
  /** Of the shard at hand: its groups come one after another. */
  let latest: { readonly region: ShardRegion; readonly expander: MaskExpander } | undefined;
  // In the memory of the masks, so that they need no copy. It grows.
  let all = new Uint32Array(memory.buffer);
  const room: ExpansionRoom = {
    kernels,
    memory: () => (all.buffer === memory.buffer ? all : (all = new Uint32Array(memory.buffer))),
    inputs: space.expansion,
    words: space.expansion + EXPANSION_BYTES,
    rejected: space.expansion + 2 * EXPANSION_BYTES,
  };
  const expanderOf = (region: ShardRegion): MaskExpander => {
    if (latest?.region !== region) {
      const { seed, tile, features: ciphertexts } = region;
      if (seed === undefined) throw new RangeError('symmetric encryption without a seed');
      const shape = { primes: parameters.primes, ringDegree: layout.ringDegree, tile, ciphertexts };
      latest = { region, expander: createMaskExpander(seed, shape, () => room) };
    }
    return latest.expander;
  };
  const takeFeatures = takeByFeature(kernels, space.values);
  const lanes: LaneParts | undefined = wide === undefined ? undefined : { ...parts, wide };
  const takeGroups = lanes === undefined ? undefined : takeByGroup(lanes);
  /** Coefficients are placed one feature after another. */
  const isWide = ({ encoding }: ShardRegion): boolean => encoding === 'slots';
  return {
    take(region, first, count) {
      const take = takeGroups !== undefined && isWide(region) ? takeGroups : takeFeatures;
      return take(region, first, count);
    },
    encrypt(region, first, count) {
      const wideParts = isWide(region) ? lanes : undefined;
      if (mode === 'public') {
        if (wideParts === undefined) encryptPublicGroups(parts, region, first, count);
        else encryptPublicLanes(wideParts, region, first, count);
      } else if (wideParts === undefined) {
        encryptSymmetricGroups(parts, region, first, count, expanderOf(region));
      } else {
        encryptSymmetricLanes(wideParts, region, first, count, expanderOf(region));
      }
    },
    finish: () => void (latest = undefined),
    [Symbol.dispose]: () => kernels.wipe(space.start, space.bytes),
  };
}
