import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { type Report, reportSchema } from './schema.js';

/** A report as indented JSON; the schema throws for one that is not of version 1. */
export function reportToJson(report: Report): string {
  return `${JSON.stringify(reportSchema.parse(report), null, 2)}\n`;
}

/** Parses a report. @throws InputError naming `where` and the field that is wrong */
export function reportFromJson(text: string, where: string): Report {
  return parseOrThrow(reportSchema, parseJson(text, where), where);
}

/** Reads a report back. @throws InputError when there is none at the path, or it is not one */
export async function readReport(path: string): Promise<Report> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new InputError('no report', { where: path, hint: 'the command `report` lists what there is', cause });
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
