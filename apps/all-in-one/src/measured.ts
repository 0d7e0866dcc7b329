import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { readReports } from '@ciphernet/report';
import type { MeasuredAccuracy } from '@ciphernet/worker';

/** Both named test splits. */
const TEST_IMAGES = 10_000;

/** Best encrypted accuracy by network and dataset over whole test splits, of the reports in this data folder. */
export async function measuredAccuracies(): Promise<MeasuredAccuracy> {
  const best = new Map<string, number>();
  for (const { report } of await readReports(loadOwnerConfiguration().reportsFolder)) {
    if (report.images !== TEST_IMAGES) continue;
    const key = `${report.model.name ?? ''} ${report.dataset.name}`;
    best.set(key, Math.max(best.get(key) ?? 0, report.accuracy.encrypted ?? 0));
  }
  return (network, dataset) => best.get(`${network} ${dataset}`);
}
