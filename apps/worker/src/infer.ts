import { createHash } from 'node:crypto';
import type { BlobStore } from '@ciphernet/blobs';
import {
  type Batch,
  type BatchHeader,
  type DatasetManifest,
  type ShardEntry,
  batchToBytes,
  manifestFromBytes,
  openBatchFile,
  pairValues,
} from '@ciphernet/ciphertext';
import { InputError, IntegrityError, parseJson, parseOrThrow } from '@ciphernet/errors';
import { type Engine, engineNamed } from '@ciphernet/evaluator';
import { ensureCompiled } from '@ciphernet/models';
import { parametersDigest } from '@ciphernet/parameters';
import type { InferJob, InferredResult } from '@ciphernet/queue';
import { z } from 'zod';

export interface InferDependencies {
  readonly blobs: BlobStore;
  /** Who did it, for the report. */
  readonly worker: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** What the store remembers of a result: enough to return it again. */
const storedSchema = z.strictObject({
  result: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().positive(),
  seconds: z.number().nonnegative(),
});
type StoredResult = z.infer<typeof storedSchema>;

/** A result's address: circuit and plan, shard, engine version. Work done once is never done again. */
function resultKey(compiled: string, shard: string, engine: Engine): string {
  return `results/${createHash('sha256').update(`${compiled} ${shard} ${engine.version}`).digest('hex')}`;
}

async function findResult(blobs: BlobStore, key: string): Promise<StoredResult | undefined> {
  const text = await blobs.getRef(key);
  if (text === undefined) return undefined;
  const stored = parseOrThrow(storedSchema, parseJson(text, key), key);
  return (await blobs.has(stored.result)) ? stored : undefined;
}

/** The shard's own header must say what its manifest says. */
function checkShard(header: BatchHeader, manifest: DatasetManifest, entry: ShardEntry, where: string): void {
  const fits =
    header.keyFingerprint === manifest.keyFingerprint &&
    header.parametersDigest === parametersDigest(manifest.parameters) &&
    header.ciphertexts === manifest.features &&
    header.images === entry.images &&
    header.scale === manifest.inputScale;
  if (fits) return;
  throw new IntegrityError('the shard does not belong to this dataset (key, parameters, features or images differ)', {
    where,
    hint: 'encrypt the dataset again',
  });
}

/** A result as it travels: two logits a ciphertext, residues at their own size. Halves what the owner downloads. */
function resultBytes(batch: Batch): Uint8Array {
  const { header, residues } = pairValues(batch);
  const { bodyDigest: _unset, ...fields } = header;
  const wordBits = Math.max(17, ...header.primes.map((prime) => Math.ceil(Math.log2(prime))));
  return batchToBytes({ ...fields, wordBits }, residues);
}

/** Runs one infer job: from blobs to a blob. */
export async function infer(job: InferJob, dependencies: InferDependencies): Promise<InferredResult> {
  const { blobs } = dependencies;
  const engine = engineNamed(job.engine);
  const manifest = manifestFromBytes(await blobs.get(job.manifest), `dataset ${job.manifest.slice(0, 12)}`);
  const entry = manifest.shards[job.shard];
  if (entry === undefined) {
    throw new InputError(`shard ${job.shard} of ${manifest.shards.length}`, { where: `dataset ${manifest.name}` });
  }
  const { digest: compiledDigest, compiled } = await ensureCompiled(blobs, job.model, manifest);
  // Compiling is the model's cost, once for all evaluations of it: not counted among a shard's seconds.
  const startedAt = Date.now();
  const key = resultKey(compiledDigest, entry.digest, engine);
  const answer = (stored: StoredResult, reused: boolean): InferredResult => ({
    shard: job.shard,
    result: stored.result,
    resultBytes: stored.bytes,
    compiled: compiledDigest,
    seconds: stored.seconds,
    engine: engine.version,
    reused,
    worker: dependencies.worker,
    startedAt,
    finishedAt: Date.now(),
  });
  const known = job.fresh === true ? undefined : await findResult(blobs, key);
  if (known !== undefined) return answer(known, true);

  const started = performance.now();
  // One pass over the shard: it is hashed tile by tile as the engine reads it, and verified before the result counts.
  await using local = await blobs.local(entry.digest, { verify: false });
  using shard = openBatchFile(local.path, entry.digest);
  checkShard(shard.header, manifest, entry, `shard ${job.shard} of ${manifest.name}`);
  const batch = await engine.evaluate(compiled, shard, {
    ...(dependencies.signal === undefined ? {} : { signal: dependencies.signal }),
    ...(dependencies.onProgress === undefined ? {} : { onProgress: dependencies.onProgress }),
  });
  shard.verify();
  const ref = await blobs.put(resultBytes(batch));
  const stored = { result: ref.digest, bytes: ref.bytes, seconds: (performance.now() - started) / 1000 };
  await blobs.setRef(key, JSON.stringify(stored));
  return answer(stored, false);
}
