import { type MaskExpander, createMaskExpander } from '@ciphernet/artifacts';
import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { type EncryptionLayout, GROUP, type PrimeMemory, type Workspace } from './encryption-memory.js';
import type { GroupEncryptor, ShardRegion } from './encryption-task.js';
import { montgomeryForm, specialInverse } from './key-residues.js';
import { type RandomSource, drawErrors, drawTernary } from './randomness.js';

/** What a thread encrypts with. */
export interface SimdParts extends RandomSource {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
}

/** Values as the message's first coefficients, rounded; the others are 0. */
function placeFeature({ memory, layout }: SimdParts, region: ShardRegion, feature: number, to: number): void {
  const values = new Float32Array(memory.buffer, region.values + 4 * feature * region.images, region.images);
  const message = new Int32Array(memory.buffer, to, layout.ringDegree).fill(0);
  for (let i = 0; i < values.length; i++) message[i] = Math.round((values[i] ?? 0) * region.scale);
}

function embedFeature(parts: SimdParts, region: ShardRegion, feature: number, to: number): void {
  if (region.encoding === 'coefficients') return placeFeature(parts, region, feature, to);
  const { kernels, layout, space } = parts;
  const { ring, order, twiddles, rotations, slotCount } = layout;
  const values = region.values + 4 * feature * region.images;
  const factor = region.scale / slotCount;
  const logSlots = Math.log2(slotCount);
  const isHalf = ring === 'conjugate-invariant';
  kernels.embed(values, region.images, factor, order, twiddles, rotations, space.slots, to, logSlots, isHalf);
}

/** Draws and embeds what all primes need of a group: [u, e0 − t0, e1 − t1, m], see assembly/encryption.ts. */
function preparePublic(parts: SimdParts, region: ShardRegion, first: number, count: number): void {
  const { kernels, layout, space } = parts;
  const { logN } = layout;
  const special = elementAt(layout.primes, layout.primes.length - 1);
  for (let c = 0; c < count; c++) {
    const [u, first0, first1, message] = placesOf(space, layout, c);
    drawTernary(parts, u);
    drawErrors(parts, first0, first1);
    embedFeature(parts, region, first + c, message);
    kernels.transformSmall(u, space.transformed, logN, special.tables, special.modulus);
    [first0, first1].forEach((error, component) => {
      const key = elementAt(special.keys, component);
      kernels.roundingDifference(space.transformed, key, error, space.scratch, logN, special.tables, special.modulus);
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

/** Draws errors and embeds messages of a group; the second draw of a pair is thrown away with the last odd ciphertext. */
function prepareSymmetric(parts: SimdParts, region: ShardRegion, first: number, count: number): void {
  const { layout, space } = parts;
  for (let c = 0; c < count; c++) {
    const [, error, , message] = placesOf(space, layout, c);
    if (c % 2 === 0) drawErrors(parts, error, c + 1 < GROUP ? error + layout.stride : space.scratch);
    embedFeature(parts, region, first + c, message);
  }
}

/** @param expand writes the second component of the group's ciphertext `c` where it is to stand */
function encryptSymmetric(
  parts: SimdParts,
  at: PrimeMemory,
  count: number,
  expand: (c: number, target: Uint32Array) => void,
): void {
  const { kernels, layout, space, memory } = parts;
  const { logN, stride, ringDegree } = layout;
  const { keys, tables, modulus } = at;
  for (let c = 0; c < count; c++) {
    const [, error, , message] = placesOf(space, layout, c);
    const mask = new Uint32Array(memory.buffer, space.residues[1], ringDegree);
    expand(c, mask);
    const target = space.residues[0] + stride * c;
    kernels.symmetricComponent(mask.byteOffset, keys[0], error, message, target, logN, tables, modulus);
  }
}

/**
 * Encrypts in the thread's part of the shared memory. The same distributions as SEAL's, and for the same draws the same
 * residues (docs/cryptography.md); the bits come from Node's generator, which the operating system seeds.
 */
export function createSimdEncryptor(parts: SimdParts): GroupEncryptor {
  const { kernels, layout, space, mode, parameters } = parts;
  const prepare = mode === 'public' ? preparePublic : prepareSymmetric;
  /** Of the shard at hand: its groups come one after another. */
  let latest: { readonly region: ShardRegion; readonly expander: MaskExpander } | undefined;
  const expanderOf = (region: ShardRegion): MaskExpander => {
    if (latest?.region !== region) {
      const { seed, tile, features: ciphertexts } = region;
      if (seed === undefined) throw new RangeError('symmetric encryption without a seed');
      const shape = { primes: parameters.primes, ringDegree: layout.ringDegree, tile, ciphertexts };
      latest = { region, expander: createMaskExpander(seed, shape) };
    }
    return latest.expander;
  };
  return {
    encrypt(region, first, count) {
      prepare(parts, region, first, count);
      const expander = mode === 'public' ? undefined : expanderOf(region);
      const rowBytes = 4 * region.tile;
      const tileBytes = region.components * region.features * rowBytes;
      const tiles = layout.ringDegree / region.tile;
      layout.primes.slice(0, -1).forEach((at, primeIndex) => {
        if (expander === undefined) encryptPublic(parts, at, count);
        else encryptSymmetric(parts, at, count, (c, mask) => expander.expandCiphertext(primeIndex, first + c, mask));
        space.residues.slice(0, region.components).forEach((source, component) => {
          const target =
            region.residues + primeIndex * tiles * tileBytes + (component * region.features + first) * rowBytes;
          kernels.scatter(source, layout.stride, count, layout.logN, region.tile, target, tileBytes);
        });
      });
    },
    finish() {
      latest = undefined;
      kernels.wipe(space.start, space.bytes);
    },
    [Symbol.dispose]: () => kernels.wipe(space.start, space.bytes),
  };
}
