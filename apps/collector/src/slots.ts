import { type Arrangement, arrange, compareTwins, twinTolerance } from '@ciphernet/arrangement';
import type { DatasetManifest } from '@ciphernet/artifacts';
import { IntegrityError } from '@ciphernet/foundation';
import type { DatasetRecord } from '@ciphernet/owner-records';
import { ForgedResult } from './answers.js';

/** @throws IntegrityError when the manifest has another number of slots than the owner's record gives */
export function arrangementOf(record: DatasetRecord, manifest: DatasetManifest): Arrangement {
  const arrangement = arrange(record.images, Buffer.from(record.arrangement, 'hex'));
  if (arrangement.order.length === manifest.images) return arrangement;
  throw new IntegrityError('the manifest does not have the slots of this dataset', { where: manifest.name });
}

/** Which shard a slot is in, by its place among all slots. */
export function shardOfSlot({ shards }: DatasetManifest, slot: number): number {
  let end = 0;
  return shards.findIndex(({ images }) => (end += images) > slot);
}

/** @throws ForgedResult when the same example was answered in two ways; certain where both twins are in one shard */
export function checkTwins(arrangement: Arrangement, logits: Float64Array, manifest: DatasetManifest): void {
  const { classes } = manifest;
  const tolerance = twinTolerance(logits, classes);
  const { differing, compared } = compareTwins(arrangement, logits, classes, tolerance);
  if (differing.length === 0) return;
  const shards = differing
    .map((pair) => pair.map((slot) => shardOfSlot(manifest, slot)))
    .flatMap(([a = -1, b = -1]) => (a === b ? [a] : []));
  const reason = new IntegrityError(
    `${differing.length} of ${compared} pairs of equal examples were answered differently`,
    {
      where: 'result',
      hint: 'a worker altered the result: evaluate again on other workers, and do not trust these',
    },
  );
  throw new ForgedResult(reason, [...new Set(shards)]);
}
