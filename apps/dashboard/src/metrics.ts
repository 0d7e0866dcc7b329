import { QUEUES, type QueueBackend, parseInferred } from '@ciphernet/queue';
import type { Job } from 'bullmq';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a hundredth of a second to an hour: a no-op shard and a training run. */
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/**
 * Metrics for Prometheus: queue states and workers as they are when asked, jobs as they end while this process watches.
 * Several dashboards count the same jobs: scrape one.
 */
export function createMetrics(backend: QueueBackend): Registry {
  const registry = new Registry();
  const registers = [registry];
  const jobs = new Gauge({
    name: 'ciphernet_jobs',
    help: 'Jobs in a queue by state',
    labelNames: ['queue', 'state'],
    registers,
    async collect() {
      for (const name of Object.values(QUEUES)) {
        const counts = await backend.queue(name).getJobCounts();
        for (const [state, count] of Object.entries(counts)) this.set({ queue: name, state }, count);
      }
    },
  });
  const workers = new Gauge({
    name: 'ciphernet_workers',
    help: 'Workers heard of in the last 30 seconds',
    registers,
    async collect() {
      this.set((await backend.workers.list()).length);
    },
  });
  const seconds = new Histogram({
    name: 'ciphernet_job_seconds',
    help: 'Time from start to end of a job’s last attempt',
    labelNames: ['queue', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const retries = new Counter({
    name: 'ciphernet_job_retries_total',
    help: 'Attempts beyond the first of jobs that ended',
    labelNames: ['queue'],
    registers,
  });
  const evaluations = new Counter({
    name: 'ciphernet_evaluations_total',
    help: 'Evaluations collected; what came of them is their owner’s',
    registers,
  });
  const bytes = new Counter({
    name: 'ciphernet_result_bytes_total',
    help: 'Bytes of encrypted results made by infer jobs',
    registers,
  });
  void jobs;
  void workers;

  const note = async (name: string, jobId: string, outcome: 'completed' | 'failed'): Promise<void> => {
    const job = (await backend.queue(name).getJob(jobId)) as Job | undefined;
    if (job === undefined) return;
    const { processedOn, finishedOn, attemptsMade } = job;
    if (processedOn !== undefined && finishedOn !== undefined) {
      seconds.observe({ queue: name, outcome }, (finishedOn - processedOn) / 1000);
    }
    if (attemptsMade > 1) retries.inc({ queue: name }, attemptsMade - 1);
    if (outcome === 'failed') return;
    if (name === QUEUES.collect) evaluations.inc();
    if (name === QUEUES.infer) bytes.inc(parseInferred(job.returnvalue).resultBytes);
  };
  for (const name of Object.values(QUEUES)) {
    const events = backend.events(name);
    // A figure that is missed must not end the dashboard.
    events.on('completed', ({ jobId }) => void note(name, jobId, 'completed').catch(() => undefined));
    events.on('failed', ({ jobId }) => void note(name, jobId, 'failed').catch(() => undefined));
  }
  return registry;
}
