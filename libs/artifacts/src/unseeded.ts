import { type BatchHeader } from './batch-header.js';
import { PLAIN_VERSION } from './batch-layout.js';
import { createMaskExpander } from './seeded-mask.js';

/** A stored batch as its readers see it: both components of every ciphertext. */
export interface Unseeded {
  /** Without the seed. */
  readonly header: BatchHeader;
  /**
   * Fills `target` with neighbouring tiles, [component][ciphertext][coefficient] each.
   *
   * @param read fills the parts, one after the other, with what is stored of these tiles
   */
  readonly readTiles: (
    primeIndex: number,
    tile: number,
    target: Uint32Array,
    read: (parts: readonly Uint32Array[]) => void,
  ) => void;
}

/** How a stored batch is read: where it has a seed, first components come from the body and second ones from the seed. */
export function unseeded(stored: BatchHeader): Unseeded {
  const { seed, ...rest } = stored;
  const header = { ...rest, version: PLAIN_VERSION } as const;
  if (seed === undefined) return { header: stored, readTiles: (_prime, _tile, target, read) => read([target]) };
  const expander = createMaskExpander(Buffer.from(seed, 'hex'), header);
  const component = header.ciphertexts * header.tile;
  return {
    header,
    readTiles(primeIndex, tile, target, read) {
      const count = target.length / (2 * component);
      read(Array.from({ length: count }, (_, k) => target.subarray(2 * k * component, (2 * k + 1) * component)));
      expander.expand(primeIndex, tile, count, target, component, 2 * component);
    },
  };
}
