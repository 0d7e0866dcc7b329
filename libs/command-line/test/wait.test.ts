import { EventEmitter } from 'node:events';
import type { Job, QueueEvents } from 'bullmq';
import { describe, expect, it } from '@jest/globals';
import { waitForJob } from '../src/wait.js';

describe('waiting for a job', () => {
  it('whose notice was lost asks again, and is told the reason for which it failed', async () => {
    const answers = [
      'Job wait infer timed out before finishing, no finish notification arrived after 5000ms (id=7)',
      '[IntegrityError] shard 3: damaged',
    ];
    const job = {
      queueName: 'infer',
      id: '7',
      waitUntilFinished: () => Promise.reject(new Error(answers.shift() ?? 'asked too often')),
    } as unknown as Job;
    const events = new EventEmitter() as unknown as QueueEvents;
    await expect(waitForJob(job, events, new AbortController().signal)).rejects.toThrow(/damaged/);
    expect(answers).toEqual([]);
  });
});
