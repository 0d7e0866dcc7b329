import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { openEmbeddedDatabase } from '../src/embedded-database.js';

describe('the folder of the embedded queue', () => {
  it('is a copy of the built one, whatever an interrupted copy left, and keeps what is written', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'queue', 'postgres');
    await mkdir(`${path}.partial`, { recursive: true });
    await writeFile(join(`${path}.partial`, 'PG_VERSION'), 'half');
    const first = await openEmbeddedDatabase(path);
    // The identifier of a cluster, which making one draws.
    const identifier = async (of: string | URL): Promise<string> => (await readFile(of)).toString('hex', 0, 8);
    const built = new URL('../dist/postgres/global/pg_control', import.meta.url);
    expect(await identifier(join(path, 'global', 'pg_control'))).toBe(await identifier(built));
    expect(existsSync(`${path}.partial`)).toBe(false);
    const settings = await first.database.query('SHOW shared_buffers');
    expect(settings.rows).toEqual([{ shared_buffers: '8MB' }]);
    const tables = await first.database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'bullmq'");
    expect(tables.rows.length).toBeGreaterThan(3);
    await first.database.exec('CREATE TABLE kept AS SELECT 7 AS value');
    await first.database.close();
    const again = await openEmbeddedDatabase(path);
    expect((await again.database.query('SELECT value FROM kept')).rows).toEqual([{ value: 7 }]);
    await again.database.close();
  });
});
