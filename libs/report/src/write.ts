import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/errors';
import { reportToHtml } from './html.js';
import { type Report, reportSchema } from './schema.js';

/** Writes a file that is whole or absent. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, content);
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

/** Parses a report. @throws InputError naming `where` and the field that is wrong */
export function reportFromJson(text: string, where: string): Report {
  return parseOrThrow(reportSchema, parseJson(text, where), where);
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
  return reportFromJson(text, path);
}

/** All reports below `folder`, by name; what is no report is left out. */
export async function readReports(
  folder: string,
): Promise<readonly { readonly name: string; readonly report: Report }[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.sort().map(async (name) => {
      const report = await readReport(join(folder, name, 'report.json')).catch(() => undefined);
      return report === undefined ? [] : [{ name, report }];
    }),
  );
  return found.flat();
}
