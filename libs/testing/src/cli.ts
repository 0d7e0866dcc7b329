import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(fileURLToPath(import.meta.url), '..', '..', '..', '..');
/** The built command line of all parties, beside this package: a program to start, not a module to load. */
const MAIN = join(ROOT, 'apps', 'all-in-one', 'dist', 'main.js');
/** V8 keeps here what it made of the command line's modules: tests start it hundreds of times. */
const COMPILED = join(ROOT, '.data', 'compile-cache');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built command line; the environment holds nothing of the caller's queue or data. */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const { REDIS_URL: _queue, CIPHERNET_DATA: _data, CIPHERNET_PASSPHRASE: _secret, ...base } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...base, NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
  const child = startCli(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Resolves when the process has written `text` to its standard error. */
export async function untilSays(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    // The listener stays, so that the pipe is drained for as long as the process writes.
    child.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.once('close', () => reject(new Error(`the process ended without saying "${text}": ${seen}`)));
  });
}

/** Processes that one test starts and that end with it. */
export interface CliProcesses extends Disposable {
  /** Resolves when the process has said `ready`. */
  start(args: readonly string[], ready: string, more?: NodeJS.ProcessEnv): Promise<ChildProcess>;
}

/** @param env what every process gets besides its own `more` */
export function cliProcesses(env: NodeJS.ProcessEnv): CliProcesses {
  const all: ChildProcess[] = [];
  return {
    async start(args, ready, more = {}) {
      const child = startCli(args, { ...env, ...more });
      all.push(child);
      await untilSays(child, ready);
      return child;
    },
    [Symbol.dispose]() {
      for (const child of all) child.kill('SIGKILL');
    },
  };
}
