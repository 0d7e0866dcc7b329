import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, manifestFromBytes, parseBatch } from '@ciphernet/artifacts';
import { signAnswer } from '@ciphernet/attestation';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { type Identity, identityFingerprint, openIdentity } from '@ciphernet/identity';
import { type Outcome, readOutcome } from '@ciphernet/owner-records';
import {
  type InferredResult,
  QUEUES,
  type QueueBackend,
  openQueueBackend,
  parseInferJob,
  parseInferred,
} from '@ciphernet/queue';
import {
  type CliProcesses,
  type TestRedis,
  cliProcesses,
  runCli,
  startRedis,
  temporaryFolder,
} from '@ciphernet/testing';
import type { Job } from 'bullmq';
import { storeTrainedModel } from './trained-model.js';

/** More than a shard holds: 4,096 slots, of which twins and zeros take some. */
export const EXAMPLES = 4100;

/** A deployment of real processes, and what an attacker with a worker's access to queue and store works with. */
export interface Deployment extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly redis: TestRedis;
  readonly processes: CliProcesses;
  readonly backend: QueueBackend;
  readonly blobs: BlobStore;
  readonly dataset: string;
  readonly model: string;
  /** Another model of the same shape. */
  readonly other: string;
  /** Of the honest evaluation of `model`. */
  readonly honest: readonly InferredResult[];
  readonly honestEvaluation: string;
  /** What the collector has logged. */
  collectorSaid(): string;
  /** Changes the owner's policy, which names the honest auditor in any case. */
  setPolicy(policy: Readonly<Record<string, unknown>>): Promise<void>;
  outcome(evaluation: string): Promise<Outcome | undefined>;
  /** The honest result of a shard, as it travels. */
  result(shard: number): Promise<Batch>;
}

async function json<T>(args: string[], env: NodeJS.ProcessEnv): Promise<T> {
  const { code, stdout, stderr } = await runCli([...args, '--json'], env);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** What the infer jobs of an evaluation returned. */
export async function inferredOf(backend: QueueBackend, evaluation: string, shards: number): Promise<InferredResult[]> {
  const infer = backend.queue(QUEUES.infer);
  return Promise.all(
    Array.from({ length: shards }, async (_, shard) => {
      const job = (await infer.getJob(`${evaluation}-shard-${shard}`)) as Job | undefined;
      return parseInferred(job?.returnvalue);
    }),
  );
}

/** Starts everything, evaluates honestly once, and stops the honest worker; the collector goes on. */
export async function createDeployment(): Promise<Deployment> {
  const temporary = await temporaryFolder();
  const folder = temporary.path;
  const redis = await startRedis();
  const env = { CIPHERNET_DATA: folder, REDIS_URL: redis.url, CIPHERNET_PASSPHRASE: 'correct horse' };
  const processes = cliProcesses(env);
  const blobs = await openDirectoryStore(join(folder, 'store'));
  const auditor = await openIdentity(join(folder, 'auditor'), undefined);
  const model = await storeTrainedModel(blobs, folder, 1, auditor);
  const other = await storeTrainedModel(blobs, folder, 2, auditor);
  const worker = await processes.start(['worker'], 'worker on');
  await runCli(['keys', 'create', '--profile', 'one-square'], env);
  const encrypt = ['dataset', 'encrypt', 'mnist', '--images', String(EXAMPLES), '--profile', 'one-square'];
  const { dataset } = await json<{ dataset: string }>(encrypt, env);
  const collector = await processes.start(['collector'], 'collector on');
  let said = '';
  for (const stream of [collector.stdout, collector.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  }
  const backend = await openQueueBackend({ redisUrl: redis.url, folder, prefix: 'ciphernet' });
  const enqueue = ['enqueue', '--dataset', dataset, '--model', model];
  const auditors = [identityFingerprint(auditor.publicKey)];
  const setPolicy = (policy: Readonly<Record<string, unknown>>): Promise<void> =>
    writeFile(join(folder, 'policy.json'), JSON.stringify({ auditors, lockAfter: 1000, ...policy }));
  await setPolicy({});
  const { evaluation } = await json<{ evaluation: string }>([...enqueue, '--fresh'], env);
  await ended(backend, evaluation);
  worker.kill('SIGKILL');
  const honest = await inferredOf(backend, evaluation, 2);
  const reports = join(folder, 'reports');
  return {
    env,
    folder,
    redis,
    processes,
    backend,
    blobs,
    dataset,
    model,
    other,
    honest,
    honestEvaluation: evaluation,
    setPolicy,
    collectorSaid: () => said,
    outcome: (id) => readOutcome(reports, id),
    result: async (shard) => parseBatch(await blobs.get(honest[shard]?.result ?? ''), 'honest'),
    async [Symbol.asyncDispose]() {
      processes[Symbol.dispose]();
      await backend.close();
      await redis[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

/**
 * Answers infer jobs as a worker would, signed, with whatever `answer` gives. Dispose of it to stop.
 *
 * @param name an attacker of another name has another key
 */
export function attackerAt(
  { backend, blobs, honest, folder }: Deployment,
  answer: (shard: number) => Promise<Partial<InferredResult>>,
  name: string = randomUUID(),
): AsyncDisposable {
  const worker = backend.worker(
    QUEUES.infer,
    async (job: Job) => {
      const { shard, evaluation, manifest, model } = parseInferJob(job.data);
      const before = honest[shard];
      if (before === undefined) throw new Error(`there is no shard ${shard}`);
      const returned: InferredResult = { ...before, ...(await answer(shard)), shard, worker: 'attacker' };
      const shardDigest = manifestFromBytes(await blobs.get(manifest), 'dataset').shards[shard]?.digest ?? '';
      const { compiled, engine, result } = returned;
      const said = { evaluation, manifest, shard, shardDigest, model, compiled, engine, result };
      return { ...returned, signed: signAnswer(said, await attackerIdentity(folder, name)) };
    },
    { concurrency: 2 },
  );
  return { [Symbol.asyncDispose]: () => worker.close() };
}

/** A key of an attacker's own. */
export const attackerIdentity = (folder: string, name: string): Promise<Identity> =>
  openIdentity(join(folder, 'attackers', name), undefined);

/** Waits until an evaluation's collect job has ended, whichever way. */
export async function ended(backend: QueueBackend, evaluation: string): Promise<Job> {
  for (;;) {
    const job = (await backend.queue(QUEUES.collect).getJob(evaluation)) as Job | undefined;
    if (job?.finishedOn !== undefined) return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
