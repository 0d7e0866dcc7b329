// Part of the build: an empty database of the embedded queue in dist/postgres, which new data folders copy. Made again when
// PGlite or BullMQ have another version.
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openEmbeddedDatabase } from './dist/embedded-database.js';

const template = fileURLToPath(new URL('dist/postgres', import.meta.url));
const stamp = `${template}.version`;
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const version = `PGlite ${dependencies['@electric-sql/pglite']}, BullMQ ${dependencies.bullmq}\n`;

function made() {
  try {
    return readFileSync(stamp, 'utf8') === version;
  } catch {
    return false;
  }
}

if (!made()) {
  const partial = `${template}.new`;
  for (const folder of [template, partial, stamp]) await rm(folder, { recursive: true, force: true });
  const { database } = await openEmbeddedDatabase(partial);
  await database.exec('CHECKPOINT');
  await database.close();
  await rename(partial, template);
  await writeFile(stamp, version);
}
