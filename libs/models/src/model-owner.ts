import { signModelOwnership, signedStatementSchema, verifyModelOwnership } from '@ciphernet/attestation';
import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { type Identity, identityFingerprint } from '@ciphernet/identity';

/**
 * Who signed a model as theirs: one reference a model and signer, so that nobody's takes the place of another's. Beside the
 * record, not in it: a model's digest, and with it what was allowed and computed, does not depend on who signs.
 */
const MODEL_OWNERS = refFamily('model-owners', signedStatementSchema);

const nameOf = (model: string, fingerprint: string): string => `${model}/${fingerprint}`;

/** Signs a model in the store as its owner. @returns the signer's fingerprint */
export async function signModel(blobs: BlobStore, model: string, identity: Identity): Promise<string> {
  const fingerprint = identityFingerprint(identity.publicKey);
  await MODEL_OWNERS.set(blobs, nameOf(model, fingerprint), signModelOwnership(model, identity));
  return fingerprint;
}

/** True where this key has signed this model; false for anything else that is there: everybody writes to the store. */
async function hasSigned(blobs: BlobStore, model: string, fingerprint: string): Promise<boolean> {
  const signed = await MODEL_OWNERS.find(blobs, nameOf(model, fingerprint));
  if (signed === undefined) return false;
  try {
    const said = verifyModelOwnership(signed, `owner of model ${model.slice(0, 12)}`);
    return said.model === model && identityFingerprint(said.owner) === fingerprint;
  } catch {
    return false;
  }
}

/** Those of some keys, by their fingerprints, that have signed a model as its owner. */
export async function ownersAmong(
  blobs: BlobStore,
  model: string,
  fingerprints: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const all = [...new Set(fingerprints)];
  const signed = await Promise.all(all.map((fingerprint) => hasSigned(blobs, model, fingerprint)));
  return new Set(all.filter((_, place) => signed[place]));
}
