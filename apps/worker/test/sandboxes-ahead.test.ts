import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const WORKER = fileURLToPath(new URL('fixtures/ahead-worker.mjs', import.meta.url));

/** What it prints, once it has ended by itself: a thread that was left would keep it alive. */
async function printed(what: 'jobs' | 'closed'): Promise<string> {
  await using folder = await temporaryFolder();
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, folder.path, what], { timeout: 50_000 });
  return stdout.trim();
}

describe('sandboxes that are started ahead', () => {
  it('run the first jobs, one each', async () => {
    const threads = JSON.parse(await printed('jobs')) as { id: number; isAhead: boolean }[];
    expect(threads.map(({ isAhead }) => isAhead)).toEqual([true, true]);
    expect(new Set(threads.map(({ id }) => id)).size).toBe(2);
  }, 60_000);

  it('end with their worker, also where it is closed while they start', async () => {
    expect(await printed('closed')).toBe('started');
  }, 60_000);
});
