import { Worker } from 'node:worker_threads';
import { EvaluationError, decodeError } from '@ciphernet/foundation';
import type { CollectTask } from './child-messages.js';
import type { ClearReply, ClearRequest } from './in-clear-messages.js';
import type { EvaluateElsewhere } from './in-clear.js';

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../dist/in-clear-thread.js', import.meta.url);

/**
 * Starts the thread that evaluates in the clear; it stays warm from one evaluation to the next, and keeps nothing alive.
 *
 * @returns what evaluates with the store and the data that `owner` names
 */
export function startClearThread(): (owner: CollectTask['owner']) => EvaluateElsewhere {
  let thread: Worker | undefined;
  let count = 0;
  const start = (): Worker => {
    const started = new Worker(THREAD);
    started.unref();
    started.once('exit', () => {
      if (thread === started) thread = undefined;
    });
    // Whoever waits for it hears of it too; without this listener it would end the process.
    started.on('error', () => undefined);
    return started;
  };
  thread = start();
  return ({ passphrase: _passphrase, recordsFolder: _recordsFolder, ...from }) =>
    (task, { signal, onProgress }) => {
      const current = (thread ??= start());
      const number = ++count;
      const ask = (request: ClearRequest): void => current.postMessage(request);
      return new Promise((resolve, reject) => {
        const stop = (): void => ask({ kind: 'stop', number });
        const finish = (settle: () => void): void => {
          current.off('message', onMessage);
          current.off('error', onEnd);
          current.off('exit', onEnd);
          signal.removeEventListener('abort', stop);
          settle();
        };
        const onMessage = (message: ClearReply): void => {
          if (message.number !== number) return;
          if (message.kind === 'progress') onProgress(message.done, message.total);
          else if (message.kind === 'outputs') finish(() => resolve(message.outputs));
          else finish(() => reject(decodeError(message.error)));
        };
        const onEnd = (): void =>
          finish(() =>
            reject(new EvaluationError('the thread that evaluates in the clear ended', { where: 'collector' })),
          );
        current.on('message', onMessage);
        current.on('error', onEnd);
        current.on('exit', onEnd);
        signal.addEventListener('abort', stop);
        ask({ kind: 'evaluate', number, task, from });
      });
    };
}
