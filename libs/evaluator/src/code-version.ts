import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kernelsPath } from '@ciphernet/kernels';

let known: string | undefined;

/**
 * Eight hex digits of the evaluator's own code and kernels. Part of a result's address: after an upgrade nothing is
 * found that other code has computed, and nobody has to remember to raise a number.
 */
export function codeVersion(): string {
  if (known !== undefined) return known;
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const hash = createHash('sha256').update(readFileSync(kernelsPath));
  const files = readdirSync(folder).filter((name) => /\.(js|ts)$/.test(name) && !name.endsWith('.d.ts'));
  for (const name of files.sort()) hash.update(`${name}\n`).update(readFileSync(`${folder}/${name}`));
  known = hash.digest('hex').slice(0, 8);
  return known;
}
