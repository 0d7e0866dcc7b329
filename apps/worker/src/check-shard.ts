import { AUDITED_TILE, type BatchHeader, type DatasetManifest, type ShardEntry } from '@ciphernet/artifacts';
import { parametersDigest } from '@ciphernet/ckks';
import { IntegrityError } from '@ciphernet/foundation';

/** Tiles that shards of any version have had, which were never of more coefficients. */
const MOST_TILE = 64;

/** @throws IntegrityError unless the shard's own header says what its manifest says */
export function checkShard(header: BatchHeader, manifest: DatasetManifest, entry: ShardEntry, where: string): void {
  const { ring, ringDegree, primes } = manifest.parameters;
  const fits =
    header.kind === 'shard' &&
    header.keyFingerprint === manifest.keyFingerprint &&
    header.parametersDigest === parametersDigest(manifest.parameters) &&
    header.ring === ring &&
    header.ringDegree === ringDegree &&
    header.primes.join() === primes.join() &&
    header.components === 2 &&
    header.ciphertexts === manifest.features &&
    header.images === entry.images &&
    header.scale === manifest.inputScale;
  if (fits) return;
  throw new IntegrityError('the shard does not belong to this dataset (key, parameters, features or images differ)', {
    where,
    hint: 'encrypt the dataset again',
  });
}

/**
 * Checks the header of a shard that is not hashed as a whole, but position by position. Of what a header says, all is known from the
 * manifest but the size of tiles: it says where residues stand, which the digests of positions cover, and which words of a seed they are,
 * which they do not.
 *
 * @param seed of second components, where they are not in the shard
 * @throws IntegrityError where it is not what its owner wrote
 */
export function checkUnhashedShard(
  { header, seed }: { readonly header: BatchHeader; readonly seed?: string },
  manifest: DatasetManifest,
  entry: ShardEntry,
  where: string,
): void {
  checkShard(header, manifest, entry, where);
  // An auditor has room for a tile of each prime.
  if (seed === undefined ? header.tile <= MOST_TILE : header.tile === AUDITED_TILE) return;
  throw new IntegrityError(`a shard of tiles of ${header.tile}, which are of ${AUDITED_TILE} where it can be audited`, {
    where,
    hint: 'the store changed the shard, or it was encrypted by another version: encrypt the dataset again',
  });
}
