import { join } from 'node:path';
import { type DatasetManifest, fetchManifest, openBatchFile, positionListBytes } from '@ciphernet/artifacts';
import { MOST_SAMPLED, type SignedStatement, signAttestation } from '@ciphernet/attestation';
import type { BlobStore } from '@ciphernet/blobs';
import { type CompiledCircuit, positionsPerPrime } from '@ciphernet/compiler';
import type { Configuration } from '@ciphernet/configuration';
import { InputError, IntegrityError, UnsupportedError, sha256Hex } from '@ciphernet/foundation';
import { type Identity, openIdentity } from '@ciphernet/identity';
import { type ModelKey, circuitBytes, compileForDataset, loadModel } from '@ciphernet/models';
import type { AuditJob, InferredResult } from '@ciphernet/queue';
import { createListRoom, samplePositions } from '@ciphernet/verification';
import { assertAcceptedDataset } from './accepted-dataset.js';
import { checkUnhashedShard } from './check-shard.js';

/** What an audit needs besides the job. */
export interface AuditDependencies {
  readonly blobs: BlobStore;
  readonly identity: Identity;
  /** Fingerprints of data owners whose datasets are taken; anybody's, where there is none. */
  readonly owners?: readonly string[];
  /** Opens models that are sealed. */
  readonly modelKey?: ModelKey | undefined;
}

/**
 * The signing key of whoever audits and makes models with this data folder: theirs, not the data owner's. They answer with it for
 * results that they audited, and for models that they trained or imported.
 */
export function openAuditor({ dataFolder }: Pick<Configuration, 'dataFolder'>): Promise<Identity> {
  return openIdentity(join(dataFolder, 'auditor'), undefined);
}

interface OwnCircuit {
  readonly digest: string;
  readonly compiled: CompiledCircuit;
}

/** Of this thread, which checks one shard after another. */
const room = createListRoom();

/** The last circuit that this thread compiled: an evaluation's shards come one after another. */
let latest: { readonly key: string; readonly circuit: Promise<OwnCircuit> } | undefined;

/** Compiles the model here: what the store calls its compiled circuit may be another's word. */
function ownCircuit(
  { blobs, modelKey }: AuditDependencies,
  { model, manifest: address }: AuditJob,
  manifest: DatasetManifest,
): Promise<OwnCircuit> {
  const key = `${model} ${address}`;
  if (latest?.key === key) return latest.circuit;
  const circuit = (async () => {
    const loaded = await loadModel(blobs, model, modelKey);
    const compiled = compileForDataset(loaded, manifest);
    return { compiled, digest: sha256Hex(circuitBytes(loaded, compiled, modelKey)) };
  })();
  latest = { key, circuit };
  circuit.catch(() => (latest = undefined));
  return circuit;
}

/**
 * Runs one audit job: recomputes a few positions of a shard's result, which are drawn now that the result is fixed, and signs what they
 * are. The result is not read: whoever decrypts it has all of it, and compares.
 *
 * @returns undefined where the plan cannot be checked position by position
 * @throws IntegrityError when it cannot be told: another circuit than this one's, or a store that changed the shard
 */
export async function audit(
  job: AuditJob,
  inferred: InferredResult,
  dependencies: AuditDependencies,
): Promise<SignedStatement | undefined> {
  const { blobs, identity } = dependencies;
  await assertAcceptedDataset(blobs, job.manifest, dependencies.owners ?? []);
  const manifest = await fetchManifest(blobs, job.manifest);
  const entry = manifest.shards[job.shard];
  if (entry === undefined || inferred.shard !== job.shard) {
    throw new InputError(`shard ${job.shard} of ${manifest.shards.length}, and a result of shard ${inferred.shard}`, {
      where: `dataset ${manifest.name}`,
    });
  }
  const { digest, compiled } = await ownCircuit(dependencies, job, manifest);
  if (digest !== inferred.compiled) {
    throw new IntegrityError(`worker ${inferred.worker} evaluated another circuit than the model's`, {
      where: `compiled circuit ${inferred.compiled.slice(0, 12)}, expected ${digest.slice(0, 12)}`,
      hint: 'run one version of CipherNet everywhere; if it is, do not trust that worker',
    });
  }
  if (compiled.plan.slotBound === undefined || entry.positions === undefined) return undefined;
  const positions = positionsPerPrime(compiled.plan);
  if (positions > MOST_SAMPLED) {
    throw new UnsupportedError(`an audit of ${positions} positions of each prime, at most ${MOST_SAMPLED} are signed`, {
      where: `model ${job.model.slice(0, 12)}`,
      hint: 'encrypt the dataset for this model: its plan leaves too small a gap under these parameters',
    });
  }
  // Not hashed as a whole: each position is held against the list, and the list against the manifest.
  await using local = await blobs.local(entry.digest, { verify: false, maxBytes: entry.bytes });
  using shard = openBatchFile(local.path);
  checkUnhashedShard(shard, manifest, entry, `shard ${job.shard} of ${manifest.name}`);
  const listBytes = positionListBytes(shard.header, shard.seed);
  const positionList = await blobs.get(entry.positions, listBytes, room(listBytes));
  const sample = samplePositions({ compiled, shard, positionList, positions });
  const { evaluation, manifest: manifestDigest, model } = job;
  return signAttestation(
    {
      evaluation,
      manifest: manifestDigest,
      shard: job.shard,
      shardDigest: entry.digest,
      model,
      compiled: digest,
      result: inferred.result,
      ...sample,
    },
    identity,
  );
}
