import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { type Configuration, loadConfiguration } from '@ciphernet/configuration';
import { InputError, messageOf } from '@ciphernet/errors';
import { type QueueBackend, openQueueBackend } from '@ciphernet/queue';

/** What a command works with; closing it gives running jobs back. */
export interface Session extends AsyncDisposable {
  readonly configuration: Configuration;
  readonly blobs: BlobStore;
  readonly backend: QueueBackend;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** The secret key's passphrase; never an option, which other users of the machine could read. */
export function passphraseFromEnvironment(): string | undefined {
  const passphrase = process.env['CIPHERNET_PASSPHRASE'];
  return passphrase === '' ? undefined : passphrase;
}

/** Like the passphrase, from the environment only. */
export function dashboardPassword(): string | undefined {
  const password = process.env['CIPHERNET_DASHBOARD_PASSWORD'];
  return password === '' ? undefined : password;
}

let isStopping = false;

/** True once a person has asked to stop: whatever fails after that is part of stopping. */
export function wasStopped(): boolean {
  return isStopping;
}

/** Aborts on the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    isStopping = true;
    process.stderr.write('\nstopping; press Ctrl-C again to end at once\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

export function openBlobs(configuration: Configuration): Promise<BlobStore> {
  return openBlobStore(configuration);
}

export async function openSession(): Promise<Session> {
  const configuration = loadConfiguration();
  const blobs = await openBlobs(configuration);
  let lastError = '';
  const backend = await openQueueBackend({
    redisUrl: configuration.redisUrl,
    folder: configuration.queueFolder,
    prefix: configuration.prefix,
    onError: (error) => {
      // Reconnecting repeats the same error many times a second: say each once.
      const text = messageOf(error);
      if (text !== lastError && text !== '') process.stderr.write(`queue: ${text}\n`);
      lastError = text;
    },
  });
  return { configuration, blobs, backend, signal: abortOnSignals(), [Symbol.asyncDispose]: () => backend.close() };
}

/** Opens the session of a role that runs by itself: only on a queue that processes share. */
export function openSharedSession(role: string): Promise<Session> {
  if (loadConfiguration().redisUrl !== undefined) return openSession();
  throw new InputError(`a ${role} of its own needs a queue that processes can share`, {
    where: 'REDIS_URL',
    hint: 'set REDIS_URL=redis://host:6379, or use `ciphernet run`, which has every role',
  });
}

/** Resolves when a person asks to stop. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Rejects with an AbortError as soon as the signal fires, whatever `promise` does. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
