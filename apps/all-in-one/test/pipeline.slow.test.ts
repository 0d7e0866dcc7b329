import { existsSync } from 'node:fs';
import { cp, readFile, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDirectoryStore } from '@ciphernet/blobs';
import { type Report, accuracyOf, reportSchema } from '@ciphernet/report';
import { runCli, startCli, temporaryFolder, untilSays } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { trainSmallModel } from './small-model.js';

async function runWhole(data: string, args: readonly string[]): Promise<Report> {
  const json = join(data, 'out.json');
  const result = await runCli(['run', '--json', json, ...args], { CIPHERNET_DATA: data });
  expect([result.stderr, result.code]).toEqual([result.stderr, 0]);
  return reportSchema.parse(JSON.parse(await readFile(json, 'utf8')));
}

describe('the whole pipeline in one process', () => {
  it('evaluates the 10,000 MNIST test images encrypted, as good as in the clear', async () => {
    await using folder = await temporaryFolder();
    const report = await runWhole(folder.path, []);
    expect(report.images).toBe(10_000);
    expect(report.accuracy.encrypted).toBeGreaterThanOrEqual(0.975);
    expect(Math.abs(accuracyOf(report) - (report.accuracy.quantised ?? NaN))).toBeLessThanOrEqual(0.001);
    expect(report.agreement).toBeGreaterThanOrEqual(0.9995);
    expect(report.security.bits).toBe(128);
    expect(report.bytes.evaluationKeys).toBe(0);
    expect(report.precision?.measuredLargest).toBeLessThan(report.precision?.predictedBound ?? 0);
    const total = report.confusion.flat().reduce((sum, count) => sum + count, 0);
    expect(total).toBe(10_000);
    const html = await readFile(join(folder.path, 'reports', report.evaluation, 'report.html'), 'utf8');
    expect(html).toContain('<svg');
    expect(await readdir(join(folder.path, 'store', 'partial'))).toEqual([]);
  });

  const fashion = existsSync('/usr/share/datasets/fashion-mnist') ? it : it.skip;
  fashion('evaluates Fashion-MNIST too, agreeing with the quantised model', async () => {
    await using folder = await temporaryFolder();
    const report = await runWhole(folder.path, ['--dataset', 'fashion-mnist', '--epochs', '3']);
    expect(report.dataset.name).toBe('fashion-mnist');
    expect(report.images).toBe(10_000);
    expect(report.accuracy.encrypted).toBeGreaterThan(0.84);
    // The conjugate-invariant ring's noise turns some seven decisions of 10,000 here, as many to the right as to the wrong.
    expect(report.parameters.ring).toBe('conjugate-invariant');
    expect(report.agreement).toBeGreaterThanOrEqual(0.9985);
    expect(Math.abs(accuracyOf(report) - (report.accuracy.quantised ?? NaN))).toBeLessThanOrEqual(0.001);
  });

  it('lets one process own the embedded queue, and stops cleanly on Ctrl-C, whatever its jobs have left to do', async () => {
    await using folder = await temporaryFolder();
    // A training job of minutes is left where it is: nobody waits for it here.
    const env = { CIPHERNET_DATA: folder.path, CIPHERNET_STOP_SECONDS: '2' };
    const first = startCli(['run', '--epochs', '50'], env);
    await untilSays(first, 'queue: embedded');
    const second = await runCli(['run'], env);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/owns the embedded queue.*REDIS_URL/);
    const ended = new Promise<number | null>((resolve) => first.once('close', resolve));
    first.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(existsSync(join(folder.path, 'queue', 'owner.pid'))).toBe(false);
  });
});

describe('a small model’s evaluation in one process', () => {
  let base: Awaited<ReturnType<typeof temporaryFolder>>;
  let model: string;
  let other: string;
  let simd: Report;
  beforeAll(async () => {
    base = await temporaryFolder();
    const blobs = await openDirectoryStore(join(base.path, 'store'));
    model = await trainSmallModel(blobs, base.path, 1);
    other = await trainSmallModel(blobs, base.path, 2);
    simd = await runWhole(base.path, ['--images', '200', '--trained', model, '--ring', 'standard', '--mode', 'public']);
    expect(simd.accuracy.encrypted).toBeGreaterThan(0.95);
    // No decision that another plan's rounding or noise could turn.
    expect(simd.margins?.uncertain).toBe(0);
  });
  afterAll(async () => base[Symbol.asyncDispose]());

  /** The data folder as it was after the evaluation, for one test to use and to damage. */
  async function copyOfBase(): ReturnType<typeof temporaryFolder> {
    const folder = await temporaryFolder();
    await cp(base.path, folder.path, { recursive: true });
    return folder;
  }

  it('gives the same predictions with the reference engine, symmetric encryption and the other ring', async () => {
    await using folder = await copyOfBase();
    const what = ['--images', '200', '--trained', model, '--engine', 'seal', '--mode', 'symmetric'];
    const seal = await runWhole(folder.path, what);
    expect(seal.confusion).toEqual(simd.confusion);
    expect(seal.engine).toBe('seal');
    expect([simd.parameters.ring, seal.parameters.ring]).toEqual(['standard', 'conjugate-invariant']);
    // Less noise lets the planner take fewer primes; what it promised still holds.
    expect(seal.parameters.primes.length).toBeLessThanOrEqual(simd.parameters.primes.length);
    expect(seal.precision?.measuredLargest).toBeLessThan(seal.precision?.predictedBound ?? 0);
  });

  it.each<[string, (path: string, size: number) => Promise<void>, RegExp]>([
    [
      'a flipped byte',
      async (path, size) => {
        const bytes = await readFile(path);
        bytes[size - 100] = (bytes[size - 100] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
      /holds other bytes/,
    ],
    ['a missing end', (path, size) => truncate(path, size - 1), /bytes, but the header describes/],
  ])('fails for a shard with %s, with its reason and without a report', async (_name, damage, message) => {
    await using folder = await copyOfBase();
    const env = { CIPHERNET_DATA: folder.path };
    const blobs = join(folder.path, 'store', 'blobs');
    const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async (f) => ({
        path: join(f.parentPath, f.name),
        size: (await stat(join(f.parentPath, f.name))).size,
      })),
    );
    const shard = sizes.sort((a, b) => b.size - a.size)[0];
    await damage(shard?.path ?? '', shard?.size ?? 0);
    const before = await readdir(join(folder.path, 'reports'));
    // Another model, so that no stored result is found for the shard.
    const failed = await runCli(['enqueue', '--dataset', simd.dataset.manifest, '--model', other], env);
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toMatch(/shard 0 of 1 failed/);
    expect(failed.stderr).toMatch(message);
    expect(await readdir(join(folder.path, 'reports'))).toEqual(before);
  });
});
