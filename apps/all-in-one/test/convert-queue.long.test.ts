import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { QUEUES, openQueueBackend } from '@ciphernet/queue';
import { cliProcesses, hasRedisServer, runCli, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const OWN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'examples', 'own-models');
const data = (part: string): string => join(OWN, 'data', `breast-cancer-${part}.csv`);
const model = (name: string): string => join(OWN, 'models', `${name}.onnx`);
const withRedis = hasRedisServer() ? it : it.skip;

describe('a conversion by workers', () => {
  withRedis('goes on in another process when its worker is killed, and gives the same file', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const EPOCHS = 50;
    const args = (out: string): string[] => [
      ...['model', 'convert', model('breast-cancer-relu'), '--train', data('train'), '--test', data('test')],
      ...['--label', 'diagnosis', '--ignore', 'id', '--epochs', String(EPOCHS), '--out', join(folder.path, out)],
    ];
    const undisturbed = await runCli(args('alone.onnx'), { CIPHERNET_DATA: join(folder.path, 'alone') });
    expect([undisturbed.code, undisturbed.stderr]).toEqual([0, undisturbed.stderr]);

    const env = { CIPHERNET_DATA: join(folder.path, 'shared'), REDIS_URL: redis.url };
    using processes = cliProcesses(env);
    const backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'ciphernet' });
    try {
      /** Share of all steps, each time that training said where it was. */
      const steps: number[] = [];
      backend.events(QUEUES.train).on('progress', ({ data: progress }) => {
        const { note, done, total } = progress as { note?: string; done?: number; total?: number };
        if (note?.startsWith('loss') === true) steps.push((done ?? NaN) / (total ?? NaN));
      });
      const first = await processes.start(['worker', '--roles', 'train'], 'worker on');
      const pending = runCli(args('killed.onnx'), env);
      while ((steps.at(-1) ?? 0) < 0.1) await sleep(5);
      first.kill('SIGKILL');
      await once(first, 'close');
      // What was said before the kill is heard a moment later.
      await sleep(200);
      const [killedAt, before] = [steps.at(-1) ?? NaN, steps.length];
      expect(killedAt).toBeLessThan(0.9);
      await processes.start(['worker', '--roles', 'train'], 'worker on');
      const disturbed = await pending;
      expect([disturbed.code, disturbed.stderr]).toEqual([0, disturbed.stderr]);
      // The epoch that was begun is done again, and none before it.
      expect(steps[before]).toBeGreaterThan(killedAt - 2 / EPOCHS);
      const files = ['alone.onnx', 'killed.onnx'].map((name) => readFile(join(folder.path, name)));
      const [alone, killed] = await Promise.all(files);
      expect(killed?.equals(alone ?? new Uint8Array())).toBe(true);
    } finally {
      await backend.close();
    }
  });

  it('has an encrypted evaluation of every epoch’s network while it goes on', async () => {
    await using folder = await temporaryFolder();
    const args = ['curve', '--convert', model('mnist-dropout-relu'), '--squares', '/1/Relu,/6/Relu', '--json'];
    const less = ['--examples', '400', '--epochs', '2', '--images', '200'];
    const { code, stdout, stderr } = await runCli([...args, ...less], { CIPHERNET_DATA: folder.path });
    expect([code, stderr]).toEqual([0, stderr]);
    const curve = JSON.parse(stdout) as {
      readonly model: string;
      readonly points: readonly {
        readonly epoch: number;
        readonly base: number;
        readonly encrypted: number;
        readonly agreement: number;
      }[];
      readonly missing: readonly unknown[];
    };
    expect([curve.model, curve.missing]).toEqual(['mnist-dropout-relu-converted', []]);
    expect(curve.points.map(({ epoch }) => epoch)).toEqual([1, 2]);
    for (const { base, encrypted, agreement } of curve.points) {
      expect(encrypted).toBeGreaterThan(0.8);
      expect(Math.abs(encrypted - base)).toBeLessThanOrEqual(0.02);
      expect(agreement).toBeGreaterThanOrEqual(0.99);
    }
  });

  it.each([
    ['squares of no conversion', ['--squares', '/1/Relu'], /only a conversion takes it \[--squares\]/],
    ['examples of no conversion', ['--examples', '400'], /only a conversion takes it \[--examples\]/],
  ])('has no curve of %s', async (_, args, message) => {
    await using folder = await temporaryFolder();
    const { code, stderr } = await runCli(['curve', ...args], { CIPHERNET_DATA: folder.path });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
