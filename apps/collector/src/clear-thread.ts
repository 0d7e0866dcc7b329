import { Worker } from 'node:worker_threads';
import { decodeError } from '@ciphernet/foundation';
import type { CollectTask } from './child-messages.js';
import type { ClearReply, ClearRequest } from './in-clear-messages.js';
import { type EvaluateElsewhere, ThreadEnded } from './in-clear.js';

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../dist/in-clear-thread.js', import.meta.url);

/** A thread that evaluates in the clear, which stays warm from one evaluation to the next and keeps nothing alive. */
export interface ClearThread {
  /** Starts it where there is none, so that it loads its modules meanwhile. */
  start(): Worker;
  /** Evaluates with the store and the data that `owner` names. */
  for(owner: CollectTask['owner']): EvaluateElsewhere;
}

/** None is started before it is asked for: not every owner may hold the models that are evaluated. */
export function createClearThread(): ClearThread {
  let thread: Worker | undefined;
  let count = 0;
  const start = (): Worker => {
    if (thread !== undefined) return thread;
    const started = new Worker(THREAD);
    started.unref();
    const forget = (): void => {
      if (thread === started) thread = undefined;
    };
    // Whoever waits for it hears of it too; without a listener an error would end the process.
    started.on('error', forget);
    started.once('exit', forget);
    return (thread = started);
  };
  const evaluate = (request: Omit<ClearRequest, 'number'>, onProgress: Parameters<EvaluateElsewhere>[1]) => {
    const current = start();
    const number = ++count;
    return new Promise<Awaited<ReturnType<EvaluateElsewhere>>>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        current.off('message', onMessage);
        current.off('error', onEnd);
        current.off('exit', onEnd);
        settle();
      };
      const onMessage = (message: ClearReply): void => {
        if (message.number !== number) return;
        if (message.kind === 'progress') onProgress(message.done, message.total);
        else if (message.kind === 'outputs') finish(() => resolve(message.outputs));
        else finish(() => reject(decodeError(message.error)));
      };
      const onEnd = (): void => finish(() => reject(new ThreadEnded('the thread that evaluates in the clear ended')));
      current.on('message', onMessage);
      current.on('error', onEnd);
      current.on('exit', onEnd);
      current.postMessage({ ...request, number });
    });
  };
  return {
    start,
    for:
      ({ passphrase: _passphrase, recordsFolder: _recordsFolder, ...from }) =>
      (task, onProgress) =>
        evaluate({ task, from }, onProgress),
  };
}
