import { Worker } from 'node:worker_threads';
import { decodeError } from '@ciphernet/foundation';
import type { CollectTask } from './child-messages.js';
import type { ClearReply, ClearRequest } from './in-clear-messages.js';
import { type ClearOutputs, type EvaluateElsewhere, type OnClearProgress, ThreadEnded } from './in-clear.js';

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../dist/in-clear-thread.js', import.meta.url);

/** A thread that evaluates in the clear, which stays warm from one evaluation to the next and keeps nothing alive. */
export interface ClearThread extends AsyncDisposable {
  /** Evaluates with the store and the data that `owner` names. */
  for(owner: CollectTask['owner']): EvaluateElsewhere;
}

/** What is asked of the thread about one evaluation; numbers are given by {@link createClearThread}. */
type Question = Extract<ClearRequest, { kind: 'load' }> | Extract<ClearRequest, { kind: 'evaluate' }>;

/** The thread's next answer to a question. @throws what it failed with; ThreadEnded where it ended before it answered */
function answerOf(thread: Worker, question: Question, onProgress?: OnClearProgress): Promise<ClearOutputs | undefined> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      thread.off('message', onMessage);
      thread.off('error', onEnd);
      thread.off('exit', onEnd);
      settle();
    };
    const onMessage = (message: ClearReply): void => {
      if (message.number !== question.number) return;
      if (message.kind === 'progress') onProgress?.(message.done, message.total);
      else if (message.kind === 'failed') finish(() => reject(decodeError(message.error)));
      else finish(() => resolve(message.kind === 'outputs' ? message.outputs : undefined));
    };
    const onEnd = (): void => finish(() => reject(new ThreadEnded('the thread that evaluates in the clear ended')));
    thread.on('message', onMessage);
    thread.on('error', onEnd);
    thread.on('exit', onEnd);
    thread.postMessage(question);
  });
}

/** None is started before it is asked for: not every owner may hold the models that are evaluated. */
export function createClearThread(): ClearThread {
  let thread: Worker | undefined;
  let count = 0;
  /** @throws ThreadEnded where the system has no thread left */
  const start = (): Worker => {
    if (thread !== undefined) return thread;
    let started: Worker;
    try {
      started = new Worker(THREAD);
    } catch (cause) {
      throw new ThreadEnded('no thread could be started', { cause });
    }
    started.unref();
    const forget = (): void => {
      if (thread === started) thread = undefined;
    };
    // Whoever waits for it hears of it too; without a listener an error would end the process.
    started.on('error', forget);
    started.once('exit', forget);
    return (thread = started);
  };
  return {
    for: ({ passphrase: _passphrase, recordsFolder: _recordsFolder, ...from }) => {
      return (task) => {
        const number = ++count;
        // The thread that loads is the one that evaluates.
        const current = Promise.resolve().then(start);
        const loaded = current.then(async (on) => {
          await answerOf(on, { kind: 'load', number, task, from });
        });
        return {
          loaded,
          async evaluate(compiled, onProgress) {
            await loaded;
            const outputs = await answerOf(await current, { kind: 'evaluate', number, compiled }, onProgress);
            if (outputs === undefined) throw new ThreadEnded('the thread that evaluates in the clear gave no outputs');
            return outputs;
          },
        };
      };
    },
    async [Symbol.asyncDispose]() {
      await thread?.terminate();
    },
  };
}
