import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { elementAt } from '@ciphernet/foundation';
import { type Report, accuracyOf } from '@ciphernet/report';
import { z } from 'zod';

const figuresSchema = z.strictObject({
  accuracy: z.number().min(0).max(1),
  imagesPerSecond: z.number().nonnegative(),
  uploadBytes: z.number().nonnegative(),
  downloadBytes: z.number().nonnegative(),
  encryptSeconds: z.number().nonnegative().optional(),
  inferSeconds: z.number().nonnegative(),
  decryptSeconds: z.number().nonnegative(),
});
/** What is followed over time. Bytes are per image. */
export type Figures = z.infer<typeof figuresSchema>;

const recordSchema = z.strictObject({
  format: z.literal('ciphernet-benchmark'),
  version: z.literal(1),
  suite: z.string(),
  run: z.string(),
  startedAt: z.number().int().positive(),
  finishedAt: z.number().int().positive(),
  status: z.enum(['done', 'failed', 'skipped']),
  /** Why it was skipped or failed. */
  reason: z.string().max(2000).optional(),
  evaluations: z.array(
    z.strictObject({
      evaluation: z.string(),
      dataset: z.string(),
      /** Name where it is disclosed, and the digest's first digits. */
      model: z.string(),
      engine: z.string(),
      images: z.number().int().positive(),
      figures: figuresSchema,
    }),
  ),
});
/** One entry of a suite's history. */
export type BenchmarkRecord = z.infer<typeof recordSchema>;

/** What a report adds to a history. */
export function evaluationOf(report: Report): BenchmarkRecord['evaluations'][number] {
  const { seconds, bytes } = report;
  return {
    evaluation: report.evaluation,
    dataset: report.dataset.name,
    model: [report.model.name, report.model.digest.slice(0, 8)].filter(Boolean).join(' '),
    engine: report.engine,
    images: report.images,
    figures: {
      accuracy: accuracyOf(report),
      imagesPerSecond: report.throughput.infer,
      uploadBytes: bytes.uploadPerImage,
      downloadBytes: bytes.downloadPerImage,
      ...(seconds.encrypt === undefined ? {} : { encryptSeconds: seconds.encrypt }),
      inferSeconds: seconds.infer,
      decryptSeconds: seconds.decrypt,
    },
  };
}

const HISTORY = refFamily('benchmarks', recordSchema);

/** Adds an entry; one that is there already stays as it is, so that a job that runs twice counts once. */
export async function appendRecord(blobs: BlobStore, record: BenchmarkRecord): Promise<void> {
  // Fixed width: names sort by time.
  const name = `${record.suite}/${String(record.startedAt).padStart(15, '0')}-${record.run}`;
  if ((await HISTORY.get(blobs, name)) === undefined) await HISTORY.set(blobs, name, record);
}

/** The latest `limit` entries, oldest first. @throws InputError for an entry that is none */
export async function readHistory(blobs: BlobStore, suite: string, limit = 200): Promise<BenchmarkRecord[]> {
  const names = (await HISTORY.list(blobs, suite)).slice(-limit);
  const records = await Promise.all(names.map((name) => HISTORY.get(blobs, name)));
  return records.filter((record) => record !== undefined);
}

/** Suites that have a history. */
export async function listSuites(blobs: BlobStore): Promise<string[]> {
  const names = await HISTORY.list(blobs);
  return [...new Set(names.map((name) => elementAt(name.split('/'), 0)))];
}
