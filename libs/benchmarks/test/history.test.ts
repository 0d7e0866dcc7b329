import { openDirectoryStore } from '@ciphernet/blobs';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { type BenchmarkRecord, appendRecord, listSuites, readHistory } from '../src/history.js';

const entry = (run: string, startedAt: number, status: BenchmarkRecord['status'] = 'done'): BenchmarkRecord => ({
  format: 'ciphernet-benchmark',
  version: 1,
  suite: 'nightly',
  run,
  startedAt,
  finishedAt: startedAt + 1,
  status,
  evaluations: [],
});

describe('the history of a suite', () => {
  it('only grows, is in the order of time, and counts a run once', async () => {
    await using folder = await temporaryFolder();
    const blobs = await openDirectoryStore(folder.path);
    await appendRecord(blobs, entry('bench-b', 2_000));
    await appendRecord(blobs, entry('bench-c', 10_000));
    await appendRecord(blobs, entry('bench-a', 1_000));
    await appendRecord(blobs, entry('bench-a', 1_000, 'failed'));
    const history = await readHistory(blobs, 'nightly');
    expect(history.map(({ run }) => run)).toEqual(['bench-a', 'bench-b', 'bench-c']);
    expect(history[0]?.status).toBe('done');
    expect((await readHistory(blobs, 'nightly', 2)).map(({ run }) => run)).toEqual(['bench-b', 'bench-c']);
    expect(await listSuites(blobs)).toEqual(['nightly']);
  });

  it('that was tampered with is refused with its name', async () => {
    await using folder = await temporaryFolder();
    const blobs = await openDirectoryStore(folder.path);
    await blobs.setRef('benchmarks/nightly/1', '{"format":"other"}');
    await expect(readHistory(blobs, 'nightly')).rejects.toThrow(/benchmarks\/nightly\/1/);
  });
});
