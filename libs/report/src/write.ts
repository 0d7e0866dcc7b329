import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/errors';
import { reportToHtml } from './html.js';
import { type Report, reportSchema } from './schema.js';

/** Writes a file that is whole or absent. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (cause) {
    throw new InputError(`cannot write (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, {
      where: path,
      hint: 'the folder must be writable and have space',
      cause,
    });
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}

export function reportToJson(report: Report): string {
  return `${JSON.stringify(reportSchema.parse(report), null, 2)}\n`;
}

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

/** Reads a report back. */
export async function readReport(path: string): Promise<Report> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new InputError('no report', { where: path, hint: 'ciphernet report lists what there is', cause });
  }
  return parseOrThrow(reportSchema, parseJson(text, path), path);
}
