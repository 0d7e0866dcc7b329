import type { BlobStore } from '@ciphernet/blobs';
import type { CollectedResult } from '@ciphernet/queue';
import { type Report, reportFromJson } from '@ciphernet/report';

/** The report that a collector has put into the store, wherever it runs. */
export async function fetchReport(blobs: BlobStore, collected: CollectedResult): Promise<Report> {
  return reportFromJson(new TextDecoder().decode(await blobs.get(collected.report)), collected.evaluation);
}
