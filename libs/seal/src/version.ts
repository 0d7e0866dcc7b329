import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

const schema = z.object({ name: z.literal('node-seal'), version: z.string() });

/** Version of the node-seal that is installed, like `7.0.0`. Its manifest is not among its exports: it is looked for. */
export function nodeSealVersion(): string {
  const folders = createRequire(import.meta.url).resolve.paths('node-seal') ?? [];
  const path = folders.map((folder) => join(folder, 'node-seal', 'package.json')).find((file) => existsSync(file));
  if (path === undefined) throw new InputError('node-seal is not installed', { where: 'seal', hint: 'run npm ci' });
  return parseOrThrow(schema, parseJson(readFileSync(path, 'utf8'), path), path).version;
}
