import { type BatchHeader, fetchManifest } from '@ciphernet/artifacts';
import {
  type Computation,
  type WorkerTrust,
  acceptedComputation,
  signAnswer,
  signComputation,
  signedStatementSchema,
} from '@ciphernet/attestation';
import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { type Engine, evaluateFile } from '@ciphernet/engines';
import { InputError, sha256Hex } from '@ciphernet/foundation';
import { type ModelKey, ensureCompiled } from '@ciphernet/models';
import type { InferJob, InferredResult } from '@ciphernet/queue';
import { assertAcceptedDataset } from './accepted-dataset.js';
import { checkShard } from './check-shard.js';
import { withFirstAble } from './worker-engines.js';

/**
 * Threads that a shard may take while cores are free, this one included: the last shards of an evaluation then do not leave
 * cores idle. Each infer thread keeps its helpers warm, some 20 MB each, so there are few.
 */
export const THREADS_PER_SHARD = 4;

/** What inference needs besides the job. */
export interface InferDependencies {
  readonly blobs: BlobStore;
  /** Engines for this job, the best first. */
  readonly engines: readonly Engine[];
  /** Is told, in a line, where another than the first is taken. */
  readonly say: (line: string) => void;
  /** Who did it, for the report. */
  readonly worker: string;
  /** Signs what it answers, and says whose work is taken from the store. */
  readonly trust: WorkerTrust;
  /** Fingerprints of data owners whose datasets are taken; anybody's, where there is none. */
  readonly owners?: readonly string[];
  /** Opens models that are sealed. */
  readonly modelKey?: ModelKey | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Results by the address of what they were computed from, as the workers that computed them say. */
const RESULTS = refFamily('results', signedStatementSchema);

/** What a result is computed from: circuit and plan, shard, engine version. Work done once is never done again. */
type Source = Pick<Computation, 'compiled' | 'shardDigest' | 'engine'>;

const resultKey = ({ compiled, shardDigest, engine }: Source): string =>
  sha256Hex(`${compiled} ${shardDigest} ${engine}`);

/** A result that this worker, or one that it accepts, has computed before. */
async function findResult(blobs: BlobStore, source: Source, trust: WorkerTrust): Promise<Computation | undefined> {
  const known = acceptedComputation(await RESULTS.find(blobs, resultKey(source)), trust);
  const fits =
    known?.compiled === source.compiled && known.shardDigest === source.shardDigest && known.engine === source.engine;
  return fits && (await blobs.has(known.result)) ? known : undefined;
}

/** Runs one infer job: from blobs to a blob. */
export async function infer(job: InferJob, dependencies: InferDependencies): Promise<InferredResult> {
  const { blobs, trust } = dependencies;
  await assertAcceptedDataset(blobs, job.manifest, dependencies.owners ?? []);
  const manifest = await fetchManifest(blobs, job.manifest);
  const entry = manifest.shards[job.shard];
  if (entry === undefined) {
    throw new InputError(`shard ${job.shard} of ${manifest.shards.length}`, { where: `dataset ${manifest.name}` });
  }
  const { digest: compiledDigest, compiled } = await ensureCompiled(
    blobs,
    job.model,
    manifest,
    trust,
    dependencies.modelKey,
  );
  // Compiling is the model's cost, once for all evaluations of it: not counted among a shard's seconds.
  const startedAt = Date.now();
  const evaluate = async (engine: Engine): Promise<InferredResult> => {
    const source = { compiled: compiledDigest, shardDigest: entry.digest, engine: engine.version };
    const answer = (stored: Pick<Computation, 'result' | 'bytes' | 'seconds'>, reused: boolean): InferredResult => ({
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
      signed: signAnswer(
        {
          ...source,
          evaluation: job.evaluation,
          manifest: job.manifest,
          shard: job.shard,
          model: job.model,
          result: stored.result,
        },
        trust.identity,
      ),
    });
    const known = job.fresh === true ? undefined : await findResult(blobs, source, trust);
    if (known !== undefined) return answer(known, true);

    const started = performance.now();
    await using local = await blobs.local(entry.digest, { verify: false, maxBytes: entry.bytes });
    const file = {
      path: local.path,
      digest: entry.digest,
      check: (header: BatchHeader) => checkShard(header, manifest, entry, `shard ${job.shard} of ${manifest.name}`),
    };
    const result = await evaluateFile(engine, compiled, file, {
      threads: Math.min(THREADS_PER_SHARD, engine.capabilities.maxThreads),
      ...(dependencies.signal === undefined ? {} : { signal: dependencies.signal }),
      ...(dependencies.onProgress === undefined ? {} : { onProgress: dependencies.onProgress }),
    });
    const ref = await blobs.put(result);
    const stored = { result: ref.digest, bytes: ref.bytes, seconds: (performance.now() - started) / 1000 };
    await RESULTS.set(blobs, resultKey(source), signComputation({ ...source, ...stored }, trust));
    return answer(stored, false);
  };
  return withFirstAble(dependencies.engines, evaluate, dependencies.say);
}
