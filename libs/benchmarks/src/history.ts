import type { BlobStore } from '@ciphernet/blobs';
import { parseJson, parseOrThrow } from '@ciphernet/errors';
import type { Report } from '@ciphernet/report';
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

export function evaluationOf(report: Report): BenchmarkRecord['evaluations'][number] {
  const { seconds, bytes } = report;
  return {
    evaluation: report.evaluation,
    dataset: report.dataset.name,
    model: [report.model.name, report.model.digest.slice(0, 8)].filter(Boolean).join(' '),
    engine: report.engine,
    images: report.images,
    figures: {
      accuracy: report.accuracy.encrypted,
      imagesPerSecond: report.throughput.infer,
      uploadBytes: bytes.uploadPerImage,
      downloadBytes: bytes.downloadPerImage,
      ...(seconds.encrypt === undefined ? {} : { encryptSeconds: seconds.encrypt }),
      inferSeconds: seconds.infer,
      decryptSeconds: seconds.decrypt,
    },
  };
}

const folderOf = (suite: string): string => `benchmarks/${suite}`;

/** Adds an entry; one that is there already stays as it is, so that a job that runs twice counts once. */
export async function appendRecord(blobs: BlobStore, record: BenchmarkRecord): Promise<void> {
  // Fixed width: names sort by time.
  const name = `${folderOf(record.suite)}/${String(record.startedAt).padStart(15, '0')}-${record.run}`;
  if ((await blobs.getRef(name)) !== undefined) return;
  await blobs.setRef(name, JSON.stringify(recordSchema.parse(record)));
}

/** The latest `limit` entries, oldest first. */
export async function readHistory(blobs: BlobStore, suite: string, limit = 200): Promise<BenchmarkRecord[]> {
  const names = (await blobs.listRefs(folderOf(suite))).slice(-limit);
  const texts = await Promise.all(names.map(async (name) => ({ name, text: await blobs.getRef(name) })));
  return texts.flatMap(({ name, text }) =>
    text === undefined ? [] : [parseOrThrow(recordSchema, parseJson(text, name), name)],
  );
}

/** Suites that have a history. */
export async function listSuites(blobs: BlobStore): Promise<string[]> {
  const names = await blobs.listRefs('benchmarks');
  return [...new Set(names.flatMap((name) => name.split('/')[1] ?? []))];
}
