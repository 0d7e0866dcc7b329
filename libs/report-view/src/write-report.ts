import { join } from 'node:path';
import { writeWhole } from '@ciphernet/foundation';
import { type Report, reportToJson } from '@ciphernet/report';
import { reportToHtml } from './html.js';

/** Writes `report.json` and `report.html` into `folder`, for its owner's eyes. The JSON comes last: it says that all is there. */
export async function writeReport(
  folder: string,
  report: Report,
): Promise<{ readonly html: string; readonly json: string }> {
  const html = join(folder, 'report.html');
  const json = join(folder, 'report.json');
  const options = { mode: 0o600, folderMode: 0o700 };
  await writeWhole(html, await reportToHtml(report), options);
  await writeWhole(json, reportToJson(report), options);
  return { html, json };
}
