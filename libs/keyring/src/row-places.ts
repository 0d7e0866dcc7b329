import type { ShardRegion } from './encryption-task.js';

/** Where the rows of a group go in a shard's body: the first row of the first tile, and bytes from a tile to the next. */
export interface RowPlaces {
  readonly target: number;
  readonly tileBytes: number;
}

/** @param first the group's first ciphertext */
export function placesOfRows(
  region: ShardRegion,
  primeIndex: number,
  component: number,
  first: number,
  N: number,
): RowPlaces {
  const rowBytes = 4 * region.tile;
  const tileBytes = region.components * region.features * rowBytes;
  const ofPrime = (primeIndex * N * tileBytes) / region.tile;
  return { target: region.residues + ofPrime + (component * region.features + first) * rowBytes, tileBytes };
}
