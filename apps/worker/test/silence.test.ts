import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const WATCHED = fileURLToPath(new URL('fixtures/watched-worker.mjs', import.meta.url));

describe('a job that says nothing for too long', () => {
  it('loses its thread, which no message could stop, and the worker goes on with the next job', async () => {
    await using folder = await temporaryFolder();
    const { stdout } = await promisify(execFile)(process.execPath, [WATCHED, folder.path], { timeout: 50_000 });
    const { ends, said, ended } = JSON.parse(stdout) as Record<string, unknown>;
    expect(ends).toEqual({ silent: expect.stringMatching(/exit/), slow: 'done' });
    expect(said).toEqual([expect.stringMatching(/^a job said nothing for 2 s: its thread, \d+, is ended$/)]);
    expect(ended).toBe(1);
  }, 60_000);
});
