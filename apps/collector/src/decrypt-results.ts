import { type DatasetManifest, mostResultBytes } from '@ciphernet/artifacts';
import { componentsAfter } from '@ciphernet/ckks';
import type { Plan } from '@ciphernet/compiler';
import { IntegrityError, asError, elementAt, encodeError } from '@ciphernet/foundation';
import { checkSlots, createResultDecryptor, decryptResult, readSecretKey } from '@ciphernet/keyring';
import type { DatasetRecord } from '@ciphernet/owner-records';
import { ForgedResult } from './answers.js';
import type { AuditPolicy, ShardAudit, ShardResult } from './audits.js';
import type { CollectDependencies } from './collect.js';
import { SampleMismatch, checkSamples } from './samples.js';

/** What results are held against. */
export interface Expected {
  readonly manifest: DatasetManifest;
  /** Of the circuit: compiled here, or attested by an auditor whom the owner believes. */
  readonly plan: Plan | undefined;
  /** What auditors computed of each shard's result. */
  readonly audits: readonly (readonly ShardAudit[])[];
}

/**
 * Decrypts every result: logits of all slots in use, slots × classes. They live in this process only.
 *
 * @throws ForgedResult with the shards whose results are certainly not what they should be
 */
export async function decryptAll(
  expected: Expected,
  record: DatasetRecord,
  results: readonly ShardResult[],
  dependencies: Pick<CollectDependencies, 'blobs' | 'passphrase' | 'onProgress'> & {
    /** Whom the owner believes. */
    readonly policy: Pick<AuditPolicy, 'auditors'>;
  },
): Promise<Float64Array> {
  const { manifest, plan, audits } = expected;
  const { parameters, keyFingerprint, classes: outputs } = manifest;
  const ofPlan = plan && {
    scale: plan.resultScale,
    primes: plan.resultPrimes,
    components: componentsAfter(plan.maps.length - 1),
  };
  const key = await readSecretKey(record.keys, dependencies.passphrase);
  using decryptor = await createResultDecryptor(key);
  const logits = new Float64Array(manifest.images * manifest.classes);
  // Every result is fetched whatever came of those before it: what the store sees does not depend on decrypted values.
  let refusal: Error | undefined;
  const forged: number[] = [];
  let at = 0;
  for (const [index, { shard, result }] of results.entries()) {
    const where = `result of shard ${shard}`;
    const images = manifest.shards[shard]?.images ?? 0;
    // Certain of the bytes that the worker signed only: what the store does to them on the way is not the worker's doing.
    let isOfWorker = false;
    try {
      const bytes = await dependencies.blobs.get(result, mostResultBytes(manifest));
      isOfWorker = true;
      checkSamples(bytes, shard, elementAt(audits, index), dependencies.policy);
      const ofShard = { parameters, keyFingerprint, images, outputs };
      const names = { shard: `shard ${shard}`, where };
      const { values, largestSlot } = decryptResult(decryptor, bytes, ofShard, ofPlan, names);
      logits.set(values, at);
      // Private data out of the calibrated range goes beyond the bound as well: refused, and nobody is blamed.
      isOfWorker = false;
      checkSlots(largestSlot, plan?.slotBound, where);
    } catch (error) {
      if (encodeError(error).name === 'UnavailableError') throw error;
      const isForged = isOfWorker && !(error instanceof SampleMismatch && !error.isCertain);
      // Of several reasons, the first one that somebody is to blame for.
      if (refusal === undefined || (isForged && forged.length === 0)) refusal = asError(error);
      if (isForged) forged.push(shard);
    }
    at += images * manifest.classes;
    dependencies.onProgress?.({ stage: 'decrypt', done: at, total: logits.length });
  }
  if (forged.length > 0) throw new ForgedResult(refusal, forged);
  if (refusal !== undefined) throw refusal;
  if (!logits.every(Number.isFinite)) {
    throw new IntegrityError('a decrypted value is not a number', { where: manifest.name, hint: 'evaluate again' });
  }
  return logits;
}
