import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where an evaluation's files are, for the terminal: the report, and predictions where nobody knows the answers. */
export function filesText(folder: string): string {
  const files = ['report.html', 'report.json', 'predictions.csv'].map((name) => join(folder, name));
  return files
    .filter((path) => existsSync(path))
    .map((path, place) => `  ${(place === 0 ? 'report' : '').padEnd(8)}${path}\n`)
    .join('');
}
