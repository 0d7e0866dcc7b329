import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { REPORTS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { asError, encodeError, errorToLine, isUnrecoverable } from '@ciphernet/foundation';
import type { OwnerConfiguration } from '@ciphernet/owner-records';
import {
  type CollectedResult,
  type JobProgress,
  QUEUES,
  type QueueBackend,
  parseCollectJob,
  parseInferred,
} from '@ciphernet/queue';
import { type Report, readReport, reportToJson } from '@ciphernet/report';
import { writeReport } from '@ciphernet/report-view';
import { type Job, UnrecoverableError, type Worker } from 'bullmq';
import { collect } from './collect.js';

async function collectJob(job: Job, blobs: BlobStore, configuration: OwnerConfiguration): Promise<CollectedResult> {
  const data = parseCollectJob(job.data);
  const folder = join(configuration.reportsFolder, data.evaluation);
  // A report is written once: a job that comes again under its id, by a retry or by another's hand, changes nothing.
  const path = join(folder, 'report.json');
  if (existsSync(path)) return publish(blobs, await readReport(path), folder);
  const results = Object.values(await job.getChildrenValues<unknown>()).map(parseInferred);
  const failures = Object.values(await job.getIgnoredChildrenFailures());
  const onProgress = (progress: JobProgress): void => void job.updateProgress({ ...progress }).catch(() => undefined);
  const { recordsFolder, datasetFolders, passphrase } = configuration;
  const report = await collect(data, results, failures, {
    blobs,
    recordsFolder,
    datasetFolders,
    passphrase,
    onProgress,
  });
  await writeReport(folder, report);
  return publish(blobs, report, folder);
}

/** Puts a report into the store, and says where it is. */
async function publish(blobs: BlobStore, report: Report, folder: string): Promise<CollectedResult> {
  const { evaluation } = report;
  const { digest } = await blobs.put(new TextEncoder().encode(reportToJson(report)));
  await REPORTS.set(blobs, evaluation, digest);
  return {
    evaluation,
    report: digest,
    images: report.images,
    accuracy: report.accuracy.encrypted,
    folder,
  };
}

/**
 * Starts the collector: the only role besides the producer that touches keys. It runs in this process, not in a
 * sandbox; decrypting and comparing yield often enough to renew locks.
 *
 * The report in the blob store is the aggregate that the owner publishes; logits never get there.
 */
export function startCollector(backend: QueueBackend, blobs: BlobStore, configuration: OwnerConfiguration): Worker {
  return backend.worker(
    QUEUES.collect,
    async (job: Job) => {
      try {
        return await collectJob(job, blobs, configuration);
      } catch (error) {
        // A missing shard stays missing: the evaluation has failed, with its reason.
        if (isUnrecoverable(error) || encodeError(error).name === 'EvaluationError') {
          throw new UnrecoverableError(errorToLine(error));
        }
        throw asError(error);
      }
    },
    { concurrency: 1, lockDuration: 30_000, maxStalledCount: 3 },
  );
}
