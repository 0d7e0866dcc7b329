import { cpSync, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { runMigrations } from 'bullmq';
import { EmbeddedPool } from './embedded-pool.js';

/** The queue's tables take some hundred kilobytes: Postgres' own 128 MB of buffers are a third of what all else takes. */
const POSTGRES = ['shared_buffers=8MB'];
/** Logs of a megabyte instead of 16: a new folder is half as large. */
const INITDB = ['--wal-segsize=1'];

/** An empty database with BullMQ's tables, from the build: making one takes seconds and 0.7 GB, copying it a tenth of a second. */
const TEMPLATE = fileURLToPath(new URL('../dist/postgres', import.meta.url));

/** A database in a folder, and what BullMQ reaches it by. */
export interface EmbeddedDatabase {
  readonly database: PGlite;
  readonly pool: EmbeddedPool;
}

/** Makes the folder of a database that is not there, whole or not at all. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  if (existsSync(folder) || !existsSync(TEMPLATE)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  // A thousand small files: one by one through the event loop they take several times as long.
  cpSync(TEMPLATE, partial, { recursive: true });
  await rename(partial, folder);
}

/** Opens the database of a folder that nobody else has open; makes it where it is not there. */
export async function openEmbeddedDatabase(folder: string): Promise<EmbeddedDatabase> {
  await makeFolder(folder);
  const database = await PGlite.create({ dataDir: folder, postgresqlconf: POSTGRES, initDbStartParams: INITDB });
  await database.exec('CREATE SCHEMA IF NOT EXISTS bullmq; SET search_path TO bullmq');
  const pool = new EmbeddedPool(database);
  const client = await pool.connect();
  await runMigrations(client);
  client.release();
  return { database, pool };
}
