import {
  type BatchHeader,
  type DatasetManifest,
  type ShardEntry,
  manifestFromBytes,
  openBatchFile,
  resultToBytes,
} from '@ciphernet/artifacts';
import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { parametersDigest } from '@ciphernet/ckks';
import { type Engine, engineNamed } from '@ciphernet/engines';
import { InputError, IntegrityError, digestSchema, sha256Hex } from '@ciphernet/foundation';
import { ensureCompiled } from '@ciphernet/models';
import type { InferJob, InferredResult } from '@ciphernet/queue';
import { z } from 'zod';

/**
 * Threads that a shard may take while cores are free, this one included: the last shards of an evaluation then do not leave
 * cores idle. Each infer thread keeps its helpers warm, some 20 MB each, so there are few.
 */
export const THREADS_PER_SHARD = 4;

/** What inference needs besides the job. */
export interface InferDependencies {
  readonly blobs: BlobStore;
  /** Who did it, for the report. */
  readonly worker: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** What the store remembers of a result: enough to return it again. */
const storedSchema = z.strictObject({
  result: digestSchema,
  bytes: z.number().int().positive(),
  seconds: z.number().nonnegative(),
});
type StoredResult = z.infer<typeof storedSchema>;

/** Results by the address of what they were computed from. */
const RESULTS = refFamily('results', storedSchema);

/** A result's address: circuit and plan, shard, engine version. Work done once is never done again. */
function resultKey(compiled: string, shard: string, engine: Engine): string {
  return sha256Hex(`${compiled} ${shard} ${engine.version}`);
}

async function findResult(blobs: BlobStore, key: string): Promise<StoredResult | undefined> {
  const stored = await RESULTS.get(blobs, key);
  return stored !== undefined && (await blobs.has(stored.result)) ? stored : undefined;
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
    threads: Math.min(THREADS_PER_SHARD, engine.capabilities.maxThreads),
    ...(dependencies.signal === undefined ? {} : { signal: dependencies.signal }),
    ...(dependencies.onProgress === undefined ? {} : { onProgress: dependencies.onProgress }),
  });
  shard.verify();
  const ref = await blobs.put(resultToBytes(batch));
  const stored = { result: ref.digest, bytes: ref.bytes, seconds: (performance.now() - started) / 1000 };
  await RESULTS.set(blobs, key, stored);
  return answer(stored, false);
}
