import { DATASET_OWNERS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { IntegrityError } from '@ciphernet/foundation';

/**
 * A worker that names data owners works for no others: their models, which an owner learns about from logits, and the work.
 *
 * @param owners fingerprints; anybody's dataset is taken where there is none
 * @throws IntegrityError for a dataset that none of them has signed
 */
export async function assertAcceptedDataset(
  blobs: BlobStore,
  manifest: string,
  owners: readonly string[],
): Promise<void> {
  if (owners.length === 0 || (await DATASET_OWNERS.among(blobs, manifest, owners)).size > 0) return;
  throw new IntegrityError('the dataset is not signed by an owner whom this worker accepts', {
    where: `dataset ${manifest.slice(0, 12)}`,
    hint: 'name the owner in CIPHERNET_OWNERS; the owner of a dataset of an earlier version signs it: ciphernet dataset sign',
  });
}
