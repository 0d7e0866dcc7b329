import { join } from 'node:path';
import { writeWhole } from '@ciphernet/foundation';
import { type Report, reportToJson } from '@ciphernet/report';
import { reportToHtml } from './html.js';

/** Writes `report.json` and `report.html` into `folder`. */
export async function writeReport(
  folder: string,
  report: Report,
): Promise<{ readonly html: string; readonly json: string }> {
  const html = join(folder, 'report.html');
  const json = join(folder, 'report.json');
  await writeWhole(json, reportToJson(report));
  await writeWhole(html, await reportToHtml(report));
  return { html, json };
}
