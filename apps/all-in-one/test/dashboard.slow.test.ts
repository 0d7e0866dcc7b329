/// <reference lib="dom" />
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDirectoryStore } from '@ciphernet/blobs';
import { QUEUES, enqueueEvaluation, newEvaluationId, openQueueBackend } from '@ciphernet/queue';
import {
  CHROMIUM_ARGS,
  chromiumPath,
  cliProcesses,
  freePort,
  hasRedisServer,
  runCli,
  startRedis,
  temporaryFolder,
} from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import puppeteer, { type Page } from 'puppeteer-core';
import { trainBriefly } from './small-model.js';

const chromium = chromiumPath();
const suite = hasRedisServer() && chromium !== undefined ? describe : describe.skip;
const PASSWORD = 'correct horse battery';

/** Text of the evaluations' table row that holds `text`. */
function rowWith(page: Page, text: string): Promise<string> {
  return page.$$eval(
    '#evaluations tbody tr',
    (rows, part) => rows.map((row) => row.textContent).find((row) => row.includes(part)) ?? '',
    text,
  );
}

suite('the dashboard in a browser', () => {
  it('takes a login, shows an evaluation move, opens its report, and retries a failed job', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const env = { CIPHERNET_DATA: folder.path, REDIS_URL: redis.url };
    using processes = cliProcesses(env);
    const json = async <T>(args: string[]): Promise<T> => {
      const { code, stdout, stderr } = await runCli([...args, '--json'], env);
      expect([stderr, code]).toEqual([stderr, 0]);
      return JSON.parse(stdout) as T;
    };
    const backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'ciphernet' });
    const browser = await puppeteer.launch({ executablePath: chromium ?? '', args: [...CHROMIUM_ARGS] });
    try {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const password = { CIPHERNET_DASHBOARD_PASSWORD: PASSWORD };
      await processes.start(['dashboard', '--port', String(port)], 'dashboard on', password);
      await processes.start(['collector'], 'collector on');
      await processes.start(['worker', '--concurrency', '1'], 'worker on');
      const blobs = await openDirectoryStore(join(folder.path, 'store'));
      const model = await trainBriefly(blobs, folder.path, 'reference');
      expect((await runCli(['keys', 'create'], env)).code).toBe(0);
      const { dataset } = await json<{ dataset: string }>(['dataset', 'encrypt', 'mnist', '--images', '9000']);

      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(url);
      await page.type('input[name=password]', 'wrong password');
      await Promise.all([page.waitForNavigation(), page.click('button')]);
      expect(await page.$eval('[role=alert]', (element) => element.textContent)).toBe('Wrong password.');
      await page.type('input[name=password]', PASSWORD);
      await Promise.all([page.waitForNavigation(), page.click('button')]);
      expect(page.url()).toBe(`${url}/`);

      const what = ['enqueue', '--dataset', dataset, '--no-wait'];
      const { evaluation } = await json<{ evaluation: string }>([...what, '--model', model]);
      const seen = new Set<string>();
      for (;;) {
        const row = await rowWith(page, evaluation);
        const [, progress] = /(\d+) %/.exec(row) ?? [];
        if (progress !== undefined) seen.add(progress);
        if (row.includes('collected')) break;
        await sleep(100);
      }
      expect(seen.size).toBeGreaterThanOrEqual(3);
      expect(await page.$eval('#workers tbody', (body) => body.textContent)).toContain('simd-1');

      // Nothing of the outcome is here until its owner publishes it.
      expect(await rowWith(page, evaluation)).not.toMatch(/9\d\.\d/);
      expect((await page.goto(`${url}/published/${evaluation}`))?.status()).toBe(404);
      expect((await json<{ published: boolean }>(['publish', evaluation])).published).toBe(false);
      expect((await page.goto(`${url}/published/${evaluation}`))?.status()).toBe(404);
      expect((await json<{ published: boolean }>(['publish', evaluation, '--yes'])).published).toBe(true);
      const file = join(folder.path, 'published', `${evaluation}.signed.json`);
      expect((await json<{ verified: boolean }>(['report', 'verify', file])).verified).toBe(true);
      await page.goto(`${url}/published`);
      await Promise.all([page.waitForNavigation(), page.click(`a[href="/published/${evaluation}"]`)]);
      expect(await page.$eval('h1', (heading) => heading.textContent)).toBe(evaluation);
      expect(await page.$eval('table', (table) => table.textContent)).toMatch(
        /accuracy9\d(\.\d)? %, in steps of 0\.1 %/,
      );
      const signed = await page.evaluate(async () => (await fetch(`${location.pathname}/signed`)).text());
      expect(signed).toBe(await readFile(file, 'utf8'));

      // A blob that is no model, past the command line, which refuses it: the shard fails for good, and the evaluation.
      const failed = newEvaluationId();
      await enqueueEvaluation(backend.flows(), failed, {
        manifest: dataset,
        shards: 3,
        model: dataset,
        engine: 'simd',
        compare: true,
      });
      const collect = backend.queue(QUEUES.collect);
      const jobState = async (): Promise<string> => (await collect.getJob(failed))?.getState() ?? 'unknown';
      while ((await jobState()) !== 'failed') await sleep(100);
      await page.goto(`${url}/queues/queue/collect?status=failed`);
      const starts = async (): Promise<number> =>
        ((await collect.getJob(failed)) as { attemptsStarted?: number } | undefined)?.attemptsStarted ?? 0;
      const before = await starts();
      await page.locator('button ::-p-text(Retry all)').click();
      await page
        .locator('[role=alertdialog] button ::-p-text(Confirm), [role=dialog] button ::-p-text(Confirm)')
        .click();
      for (let i = 0; i < 100 && (await starts()) === before; i++) await sleep(100);
      expect(await starts()).toBeGreaterThan(before);
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
      await backend.close();
    }
  });
});
