import { InputError, asError, messageOf, sha256Hex } from '@ciphernet/foundation';
import {
  type BenchmarkRun,
  type BenchmarkSuite,
  JOB_OPTIONS,
  QUEUES,
  type QueueBackend,
  enqueueBenchmarkRun,
  enqueueSkippedRun,
  parseBenchmarkSuite,
} from '@ciphernet/queue';
import type { Job, Worker } from 'bullmq';

/** When a suite runs. */
export interface Schedule {
  readonly suite: string;
  /** Cron pattern, UTC. */
  readonly pattern: string;
  /** Milliseconds since 1970; undefined when no run is due. */
  readonly next: number | undefined;
}

const TICK = 'tick';

/**
 * Schedules a suite, or changes its schedule in place: removing and adding would lose a tick that is due.
 *
 * @param pattern cron fields, UTC: five, or six with seconds first
 * @throws InputError for a suite or a pattern that is not valid
 */
export async function addSchedule(backend: QueueBackend, pattern: string, suite: BenchmarkSuite): Promise<void> {
  const checked = parseBenchmarkSuite(suite);
  try {
    await backend
      .queue(QUEUES.benchmark)
      .upsertJobScheduler(checked.suite, { pattern, tz: 'UTC' }, { name: TICK, data: checked, opts: JOB_OPTIONS });
  } catch (cause) {
    throw new InputError(`cannot be scheduled: ${messageOf(cause)}`, {
      where: `pattern '${pattern}'`,
      hint: "five fields, as in '0 3 * * *' for every night at three, UTC; six with seconds first",
      cause,
    });
  }
}

/** All schedules. */
export async function listSchedules(backend: QueueBackend): Promise<Schedule[]> {
  const schedulers = await backend.queue(QUEUES.benchmark).getJobSchedulers(0, -1, true);
  return schedulers.map(({ key, pattern, next }) => ({ suite: key, pattern: pattern ?? '', next }));
}

/** Stops scheduling a suite; its history stays. @throws InputError when it has no schedule */
export async function removeSchedule(backend: QueueBackend, suite: string): Promise<void> {
  if (await backend.queue(QUEUES.benchmark).removeJobScheduler(suite)) return;
  throw new InputError('no such schedule', { where: suite, hint: 'list the schedules to see what there is' });
}

/** Runs a suite now. @returns the run's id, which is its job's as well */
export async function runSuite(backend: QueueBackend, suite: BenchmarkSuite): Promise<string> {
  return runIdOf(await backend.queue(QUEUES.benchmark).add(TICK, parseBenchmarkSuite(suite), JOB_OPTIONS));
}

/** Every job that was added has an id. */
function idOf({ id }: Job): string {
  if (id !== undefined) return id;
  throw new RangeError('a job without an id');
}

/**
 * A tick that is processed twice enqueues one run: the id depends on the tick's. Its time is part of it, since the ids of
 * a queue begin anew when Redis does, and deployments that share a store have the same.
 */
function runIdOf(job: Job): string {
  return `bench-${sha256Hex(`${idOf(job)} ${job.timestamp}`).slice(0, 12)}`;
}

/** Of a run that was started: one that was skipped waits for the owner's collector only. Any process can add jobs. */
function isRunOf(data: unknown, suite: string): boolean {
  const run = data as { readonly [Key in keyof BenchmarkRun]?: Partial<BenchmarkRun['suite']> } | undefined;
  return run?.suite?.suite === suite && run.skippedFor === undefined;
}

async function unfinishedRun(backend: QueueBackend, suite: string, own: string): Promise<string | undefined> {
  const jobs = await backend
    .queue(QUEUES.record)
    .getJobs(['waiting-children', 'waiting', 'active', 'delayed', 'prioritized']);
  const runs = (jobs as (Job | undefined)[]).filter((job) => isRunOf(job?.data, suite) && job?.id !== own);
  return runs[0]?.id;
}

/** When a tick was due: the scheduler writes it into the id, so that a tick processed twice says the same. */
function dueTime(job: Job): number {
  const due = /:(\d{13})$/.exec(idOf(job))?.[1];
  return due === undefined ? job.timestamp : Number(due);
}

async function tick(backend: QueueBackend, job: Job): Promise<string> {
  const suite = parseBenchmarkSuite(job.data);
  const run = runIdOf(job);
  const startedAt = dueTime(job);
  const busy = await unfinishedRun(backend, suite.suite, run);
  if (busy !== undefined) {
    await enqueueSkippedRun(backend.flows(), run, { suite, startedAt, skippedFor: busy });
    return 'skipped';
  }
  await enqueueBenchmarkRun(backend.flows(), run, { suite, startedAt });
  return run;
}

/**
 * Starts what turns ticks into runs; it needs the queue only, no key, no model and no result. What came of a run is
 * recorded where its results are decrypted.
 */
export function startBenchmarks(backend: QueueBackend): Worker {
  // One tick at a time in the whole deployment: two of a suite must not both see that nothing is going on.
  const worker = backend.worker(QUEUES.benchmark, (job: Job) => tick(backend, job), {
    concurrency: 1,
    lockDuration: 30_000,
    maxStalledCount: 3,
  });
  backend
    .queue(QUEUES.benchmark)
    .setGlobalConcurrency(1)
    .catch((error: unknown) => worker.emit('error', asError(error)));
  return worker;
}
