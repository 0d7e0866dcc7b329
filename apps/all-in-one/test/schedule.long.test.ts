import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDirectoryStore } from '@ciphernet/blobs';
import { QUEUES, openQueueBackend } from '@ciphernet/queue';
import { cliProcesses, hasRedisServer, runCli, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { trainBriefly } from './small-model.js';

const suite = hasRedisServer() ? describe : describe.skip;
const IMAGES = 300;

interface HistoryJson {
  readonly records: readonly { readonly status: string; readonly run: string; readonly evaluations: unknown[] }[];
  readonly regressions: readonly { readonly run: string; readonly figure: string }[];
}

suite('a scheduled benchmark', () => {
  it('runs by itself, keeps its history, says what was skipped, and flags a run that was slowed down', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const env = { CIPHERNET_DATA: folder.path, REDIS_URL: redis.url };
    using processes = cliProcesses(env);
    const said = async (args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runCli(args, env);
      expect([stderr, code]).toEqual([stderr, 0]);
      return stdout;
    };
    const history = async (): Promise<HistoryJson> =>
      JSON.parse(await said(['history', 'often', '--json'])) as HistoryJson;
    const backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'ciphernet' });
    try {
      await processes.start(['collector'], 'collector on');
      await processes.start(['worker', '--roles', 'train,audit,benchmark'], 'worker on');
      const inferrer = await processes.start(['worker', '--roles', 'infer', '--concurrency', '1'], 'worker on');
      const blobs = await openDirectoryStore(join(folder.path, 'store'));
      const model = await trainBriefly(blobs, folder.path, 'reference');
      await said(['keys', 'create']);
      const encrypted = JSON.parse(
        await said(['dataset', 'encrypt', 'mnist', '--images', String(IMAGES), '--json']),
      ) as {
        dataset: string;
      };
      const what = ['--dataset', encrypted.dataset, '--model', model];
      const wrong = await runCli(['schedule', 'add', 'often', '--cron', 'every minute', ...what], env);
      expect([wrong.code, wrong.stderr]).toEqual([
        2,
        expect.stringMatching(/cannot be scheduled.*pattern 'every minute'/s),
      ]);

      await said(['allow', ...what]);
      // A minute is the shortest pattern of five fields; with seconds the same happens sooner.
      await said(['schedule', 'add', 'often', '--cron', '*/7 * * * * *', ...what]);
      expect(await said(['schedule', 'list'])).toMatch(/often\s+\*\/7/);
      const runs = async (): Promise<number> =>
        (await history()).records.filter(({ status }) => status === 'done').length;
      while ((await runs()) < 5) await sleep(1000);

      // Stopped for longer than a tick takes to come: the run is slow, and the tick after it is skipped. Reading the model
      // comes before the seconds that count, and the job's end after them: many short stops through the job's first tenth of
      // a second or so, of which one alone makes a run slow, meet the computation between, where one long stop may not.
      const infer = backend.queue(QUEUES.infer);
      const isFlagged = async (): Promise<boolean> =>
        (await history()).regressions.some(({ figure }) => figure === 'inferSeconds');
      for (let stops = 0; stops < 5 && !(await isFlagged()); stops++) {
        const before = await runs();
        while ((await infer.getActiveCount()) === 0) await sleep(5);
        for (let stopped = 0; stopped < 12; stopped++) {
          inferrer.kill('SIGSTOP');
          await sleep(1000);
          inferrer.kill('SIGCONT');
          await sleep(10);
        }
        while ((await runs()) === before) await sleep(1000);
      }
      expect(await isFlagged()).toBe(true);
      await said(['schedule', 'remove', 'often']);
      const { records, regressions } = await history();
      expect(records.some(({ status }) => status === 'skipped')).toBe(true);
      const slow = records.findIndex(({ run }) => run === regressions[0]?.run);
      expect(slow).toBeGreaterThanOrEqual(3);
      expect(records.every(({ status }) => status !== 'failed')).toBe(true);

      await said(['history', 'often']);
      const page = await readFile(join(folder.path, 'history', 'often.html'), 'utf8');
      expect(page).toMatch(/inferSeconds .* limit/);
      expect(page).toMatch(/skipped: bench-[0-9a-f]+ was still going/);
      const again = await runCli(['schedule', 'remove', 'often'], env);
      expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('no such schedule')]);
    } finally {
      await backend.close();
    }
  });
});
