import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createLog, onJobs } from '../src/log.js';

function captured(format: 'json' | 'text'): { log: ReturnType<typeof createLog>; text: () => string } {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { log: createLog('worker', { format, destination }), text: () => text };
}

class FakeWorker extends EventEmitter {
  readonly name = 'infer';
}

describe('the log', () => {
  it('writes one JSON object a line, with the ids of evaluation, job and shard', () => {
    const { log, text } = captured('json');
    const worker = new FakeWorker();
    onJobs(log, [worker]);
    const job = {
      id: 'eval-1-shard-2',
      data: { evaluation: 'eval-1', shard: 2, manifest: 'a'.repeat(64), labels: [1, 2] },
      attemptsMade: 0,
      processedOn: 1000,
      finishedOn: 3500,
    };
    worker.emit('active', job);
    worker.emit('completed', job);
    worker.emit('failed', { ...job, attemptsMade: 1 }, new Error('the store is gone'));
    worker.emit('stalled', 'eval-1-shard-2');
    const lines = text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ids = { name: 'worker', queue: 'infer', job: 'eval-1-shard-2' };
    expect(lines).toEqual([
      expect.objectContaining({ ...ids, evaluation: 'eval-1', shard: 2, msg: 'started', attempt: 1 }),
      expect.objectContaining({ ...ids, evaluation: 'eval-1', shard: 2, msg: 'done', seconds: 2.5 }),
      expect.objectContaining({ ...ids, evaluation: 'eval-1', msg: 'failed: the store is gone', level: 40 }),
      expect.objectContaining({ ...ids, level: 40 }),
    ]);
    expect(text()).not.toContain('labels');
  });

  it('never writes a field that is secret by its name', () => {
    const { log, text } = captured('json');
    const fields = { passphrase: 'hunter2', logits: 'hunter2', secretKey: 'hunter2', images: 5 };
    log.info('careless', fields);
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('"images":5');
  });

  it('is readable in a terminal', () => {
    const { log, text } = captured('text');
    log.info('done', { evaluation: 'eval-1', seconds: 2 });
    expect(text()).toMatch(/INFO.*done/s);
    expect(text()).toMatch(/evaluation.*eval-1/);
  });
});
