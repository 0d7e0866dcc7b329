import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const WORKER = fileURLToPath(new URL('fixtures/ahead-worker.mjs', import.meta.url));

interface Told {
  readonly jobs: readonly { readonly thread: number; readonly wasReady: boolean }[];
  /** Threads that the process has started. */
  readonly threads: number;
}

/** What it prints, once it has ended by itself: a thread that was left would keep it alive. */
async function told(what: 'jobs' | 'early' | 'broken' | 'closed'): Promise<Told> {
  await using folder = await temporaryFolder();
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, folder.path, what], { timeout: 50_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Told;
}

describe('sandboxes that are started ahead', () => {
  it('run the first jobs, one each, and no others are started', async () => {
    const { jobs, threads } = await told('jobs');
    expect(jobs.map(({ wasReady }) => wasReady)).toEqual([true, true]);
    expect(new Set(jobs.map(({ thread }) => thread)).size).toBe(2);
    expect(threads).toBe(2);
  }, 60_000);

  it('run a job that comes while others start, and then no more are started', async () => {
    const { jobs, threads } = await told('early');
    expect(jobs.map(({ wasReady }) => wasReady)).toEqual([true]);
    expect(threads).toBe(2);
  }, 60_000);

  it('are missing where they cannot start, and the job starts its own', async () => {
    const { jobs, threads } = await told('broken');
    expect(jobs.map(({ wasReady }) => wasReady)).toEqual([false]);
    expect(threads).toBe(2);
  }, 60_000);

  it('end with their worker, also where it is closed while they start', async () => {
    expect((await told('closed')).threads).toBe(1);
  }, 60_000);
});
