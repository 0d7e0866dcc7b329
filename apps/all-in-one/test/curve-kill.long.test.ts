import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { QUEUES, openQueueBackend } from '@ciphernet/queue';
import { cliProcesses, hasRedisServer, runCli, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const suite = hasRedisServer() ? describe : describe.skip;
const EPOCHS = 3;
const IMAGES = 4096;
/** Decisions that two encryptions of the same images may turn, all to one side: the noise turns some three each. */
const CLOSE = 6;

interface CurveJson {
  readonly chosenEpoch: number;
  readonly points: readonly { readonly epoch: number; readonly base: number; readonly encrypted: number }[];
  readonly missing: readonly unknown[];
}

suite('the accuracy curve on Redis', () => {
  it('is the same when the training worker and an inference worker are killed half-way', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const env = { CIPHERNET_DATA: folder.path, REDIS_URL: redis.url };
    const common = ['--model', 'reference', '--epochs', String(EPOCHS), '--images', String(IMAGES), '--json'];
    const undisturbed = await runCli(['curve', ...common], env);
    expect([undisturbed.stderr, undisturbed.code]).toEqual([undisturbed.stderr, 0]);

    using processes = cliProcesses(env);
    const backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'ciphernet' });
    const killWhen = async (child: ChildProcess, isDue: () => Promise<boolean>): Promise<void> => {
      while (!(await isDue())) await sleep(20);
      child.kill('SIGKILL');
      await once(child, 'close');
    };
    try {
      await processes.start(['collector'], 'collector on');
      const trainer = await processes.start(['worker', '--roles', 'train,audit'], 'worker on');
      const inferrer = await processes.start(['worker', '--roles', 'infer', '--concurrency', '1'], 'worker on');
      const pending = runCli(['curve', ...common, '--remote'], env);
      const train = backend.queue(QUEUES.train);
      const infer = backend.queue(QUEUES.infer);
      // Inside the second epoch: the first one's checkpoint is stored, the second's is not.
      const killedTrainer = killWhen(trainer, async () => {
        const [job] = await train.getActive();
        const note = (job?.progress as { note?: string } | undefined)?.note ?? '';
        return note.startsWith('epoch 2');
      });
      const killedInferrer = killWhen(inferrer, async () => (await infer.getActiveCount()) > 0);
      // The trainer may die before it has enqueued its first checkpoint: the one that goes on announces it again, and
      // only then is there a shard to be killed over.
      await killedTrainer;
      await processes.start(['worker', '--roles', 'train,audit'], 'worker on');
      await killedInferrer;
      await processes.start(['worker', '--roles', 'infer', '--concurrency', '1'], 'worker on');

      const disturbed = await pending;
      expect([disturbed.stderr, disturbed.code]).toEqual([disturbed.stderr, 0]);
      const before = JSON.parse(undisturbed.stdout) as CurveJson;
      const after = JSON.parse(disturbed.stdout) as CurveJson;
      expect(after.missing).toEqual([]);
      expect(after.chosenEpoch).toBe(before.chosenEpoch);
      expect(after.points.map(({ epoch, base }) => [epoch, base])).toEqual(
        before.points.map(({ epoch, base }) => [epoch, base]),
      );
      expect(after.points).toHaveLength(EPOCHS);
      // Encrypted twice, so the noise differs, and with it close decisions, some seven in 10,000: at most these few may.
      for (const [i, point] of after.points.entries()) {
        expect(Math.abs(point.encrypted - (before.points[i]?.encrypted ?? NaN)) * IMAGES).toBeLessThanOrEqual(CLOSE);
      }
    } finally {
      await backend.close();
    }
  });
});
