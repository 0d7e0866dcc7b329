import {
  type Owned,
  type SignedStatement,
  signOwnership,
  signedStatementSchema,
  verifyOwnership,
} from '@ciphernet/attestation';
import { type BlobStore, type RefFamily, refFamily } from '@ciphernet/blobs';
import { type Identity, identityFingerprint } from '@ciphernet/identity';

/**
 * Who signed models, or datasets, as theirs: one reference a digest and signer, so that nobody's takes the place of another's.
 * Beside what they name, not in it: a digest, and with it what was allowed and computed, does not depend on who signs.
 */
class Owners {
  readonly #owned: Owned;
  readonly #refs: RefFamily<SignedStatement>;

  constructor(owned: Owned) {
    this.#owned = owned;
    this.#refs = refFamily(`${owned}-owners`, signedStatementSchema);
  }

  /** Signs what is in the store as its owner. @returns the signer's fingerprint */
  async sign(blobs: BlobStore, digest: string, identity: Identity): Promise<string> {
    const fingerprint = identityFingerprint(identity.publicKey);
    await this.#refs.set(blobs, `${digest}/${fingerprint}`, signOwnership(this.#owned, digest, identity));
    return fingerprint;
  }

  /** Those of some keys, by their fingerprints, that have signed it. What else lies there counts for nothing. */
  async among(blobs: BlobStore, digest: string, fingerprints: Iterable<string>): Promise<ReadonlySet<string>> {
    const all = [...new Set(fingerprints)];
    const signed = await Promise.all(all.map((fingerprint) => this.#hasSigned(blobs, digest, fingerprint)));
    return new Set(all.filter((_, place) => signed[place]));
  }

  async #hasSigned(blobs: BlobStore, digest: string, fingerprint: string): Promise<boolean> {
    const signed = await this.#refs.find(blobs, `${digest}/${fingerprint}`);
    if (signed === undefined) return false;
    try {
      const said = verifyOwnership(this.#owned, signed, `owner of ${this.#owned} ${digest.slice(0, 12)}`);
      return said.digest === digest && identityFingerprint(said.owner) === fingerprint;
    } catch {
      return false;
    }
  }
}

/** Who trained or imported a model. */
export const MODEL_OWNERS = new Owners('model');

/** Whose data was encrypted. */
export const DATASET_OWNERS = new Owners('dataset');
