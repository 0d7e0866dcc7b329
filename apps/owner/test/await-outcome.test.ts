import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { IntegrityError } from '@ciphernet/foundation';
import { writeRefusal } from '@ciphernet/owner-records';
import type { QueueBackend } from '@ciphernet/queue';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { awaitOutcome } from '../src/await-outcome.js';

/** A queue whose collect job ends when it is told to. */
function slowQueue() {
  const events = Object.assign(new EventEmitter(), { waitUntilReady: () => Promise.resolve() });
  let end: () => void = () => undefined;
  const done = new Promise<string>((resolve) => (end = () => resolve('collected')));
  const job = { id: 'eval-1', queueName: 'collect', waitUntilFinished: () => done };
  const backend = { events: () => events, queue: () => ({ getJob: () => Promise.resolve(job) }) };
  return { backend: backend as unknown as QueueBackend, end };
}

describe('waiting for an outcome', () => {
  it('ends after the queue’s own word, so that nothing asks on a connection that is closed by then', async () => {
    await using folder = await temporaryFolder();
    const { backend, end } = slowQueue();
    await writeRefusal(folder.path, 'eval-1', new IntegrityError('refused', { where: 'test' }));
    const tools = { backend, reportsFolder: folder.path, signal: new AbortController().signal };
    let isOver = false;
    const outcome = awaitOutcome('eval-1', 1, tools, () => undefined).finally(() => (isOver = true));
    outcome.catch(() => undefined);
    await sleep(300);
    expect(isOver).toBe(false);
    end();
    await expect(outcome).rejects.toThrow('refused');
  });
});
