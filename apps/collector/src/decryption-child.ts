import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EvaluationError, IntegrityError, UnavailableError, decodeError } from '@ciphernet/foundation';
import type { JobProgress } from '@ciphernet/queue';
import { ForgedResult } from './answers.js';
import type { CollectReply, CollectTask } from './child-messages.js';
import type { Collected } from './collect.js';

/** A process that decrypts, and is killed when it takes too long or too much. */
export interface DecryptionChild {
  /**
   * Decrypts an evaluation and makes its report; one at a time.
   *
   * @throws ForgedResult, and what `collect` throws; IntegrityError when the child was ended for want of an end
   */
  collect(task: CollectTask, onProgress?: (progress: JobProgress) => void): Promise<Collected>;
}

/** What a child may take. */
export interface ChildLimits {
  /** Whatever the evaluation is of. */
  readonly baseMs: number;
  /** And for each slot: decrypting takes some 0.1 ms, the largest network of the zoo in the clear 2 ms. */
  readonly slotMs: number;
  /** Resident memory, where the system tells it. */
  readonly mostBytes: number;
}

const LIMITS: ChildLimits = { baseMs: 300_000, slotMs: 30, mostBytes: 4 * 2 ** 30 };

const HEAP_MIB = 2048;
const WATCH_MS = 500;

/** The built file, also where the package's sources run (tests). */
const CHILD = fileURLToPath(new URL('../dist/collect-child.js', import.meta.url));

/** What a child inherits: how to reach the store and the network, and nothing of this program's. */
const INHERITED = /^(PATH|HOME|TMPDIR|TEMP|TMP|TZ|LANG|SystemRoot|AWS_.*|HTTPS?_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS)$/i;

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)));
}

/** Resident memory of a process, where /proc tells it. */
async function residentBytes(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** Tells the child to keep this process alive, or not to. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const act = isHeld ? 'ref' : 'unref';
  child[act]();
  child.channel?.[act]();
}

/** The child's one answer to a task; ends the child when it goes beyond a limit. */
function answerOf(
  child: ChildProcess,
  task: CollectTask,
  limits: ChildLimits,
  onProgress: (progress: JobProgress) => void,
): Promise<Collected> {
  const { evaluation } = task.gathered.job;
  const limitMs = limits.baseMs + limits.slotMs * task.gathered.manifest.images;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const end = (what: string): void => {
      child.kill('SIGKILL');
      const hint = 'evaluate again on other workers; if it stays, look at what they returned';
      finish(() => reject(new IntegrityError(`decrypting was ended: ${what}`, { where: evaluation, hint })));
    };
    const watch = setInterval(() => {
      if (performance.now() - started > limitMs) return end(`it took longer than ${limitMs / 1000} s`);
      void residentBytes(child.pid).then((bytes) => {
        if (bytes > limits.mostBytes) end(`it took more than ${Math.round(limits.mostBytes / 2 ** 20)} MiB`);
      });
    }, WATCH_MS);
    const finish = (settle: () => void): void => {
      clearInterval(watch);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onError);
      settle();
    };
    const onExit = (code: number | null): void => {
      const error = new EvaluationError(`the process that decrypts ended by itself (${code ?? 'killed'})`, {
        where: evaluation,
      });
      finish(() => reject(error));
    };
    const onError = (cause: Error): void => {
      const error = new UnavailableError(`the process that decrypts failed: ${cause.message}`, {
        where: evaluation,
        cause,
      });
      finish(() => reject(error));
    };
    const onMessage = (message: CollectReply): void => {
      if (message.kind === 'progress') onProgress(message.progress);
      else if (message.kind === 'report') finish(() => resolve(message.collected));
      else if (message.kind === 'failed') finish(() => reject(decodeError(message.error)));
      else if (message.kind === 'forged') {
        finish(() => reject(new ForgedResult(decodeError(message.error), message.shards)));
      }
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', onError);
    child.send(task, (error) => {
      if (error !== null) finish(() => reject(new EvaluationError(error.message, { where: evaluation })));
    });
  });
}

/**
 * Starts the child, which stays warm from one evaluation to the next; one that was killed is replaced at the next call. Idle it
 * does not keep this process alive, and it ends with it.
 */
export function startDecryptionChild(limits: ChildLimits = LIMITS): DecryptionChild {
  const start = (): ChildProcess => {
    const child = fork(CHILD, [], {
      serialization: 'advanced',
      env: inherited(),
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      // What a library prints is not for whoever reads this process' output.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // Who waits for an answer is told; where nobody does, a process that the system did not give is asked for again.
    child.on('error', () => undefined);
    hold(child, false);
    return child;
  };
  let child = start();
  return {
    async collect(task, onProgress = () => undefined) {
      // One that was told to end counts as ended: it may still be connected for a moment.
      const isThere = child.pid !== undefined && child.connected && !child.killed && child.exitCode === null;
      if (!isThere) child = start();
      const current = child;
      hold(current, true);
      try {
        return await answerOf(current, task, limits, onProgress);
      } finally {
        hold(current, false);
      }
    },
  };
}
