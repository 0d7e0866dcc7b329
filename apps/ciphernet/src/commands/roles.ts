import { startCollector } from '@ciphernet/collector';
import { loadConfiguration } from '@ciphernet/configuration';
import { InputError } from '@ciphernet/errors';
import { startWorker } from '@ciphernet/worker';
import { Command } from 'commander';
import { integerBetween } from '../options.js';
import { type Session, openSession, passphraseFromEnvironment } from '../session.js';

/** Opens the session of a role that runs by itself: only on a queue that processes share. */
function openSharedSession(role: string): Promise<Session> {
  if (loadConfiguration().redisUrl !== undefined) return openSession();
  throw new InputError(`a ${role} of its own needs a queue that processes can share`, {
    where: 'REDIS_URL',
    hint: 'set REDIS_URL=redis://host:6379, or use `ciphernet run`, which has every role',
  });
}

function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

export function workerCommand(): Command {
  return new Command('worker')
    .description('take train and infer jobs from the queue until stopped; needs no key')
    .option('--infer <n>', 'infer jobs side by side (default: the cores)', integerBetween(0, 256))
    .option('--train <n>', 'training jobs side by side', integerBetween(0, 16), 1)
    .addHelpText(
      'after',
      '\nExamples:\n  REDIS_URL=redis://queue:6379 ciphernet worker\n  ciphernet worker --infer 8 --train 0',
    )
    .action(async (options: { infer?: number; train: number }) => {
      await using session = await openSharedSession('worker');
      const infer = options.infer ?? session.configuration.cores;
      startWorker(session.backend, { infer, train: options.train });
      process.stderr.write(
        `worker on ${session.backend.description}: ${infer} infer, ${options.train} train; blobs in ${session.blobs.description}\n`,
      );
      await untilStopped(session.signal);
    });
}

export function collectorCommand(): Command {
  return new Command('collector')
    .description('decrypt results and write reports until stopped; runs where the keys are')
    .addHelpText('after', '\nExamples:\n  REDIS_URL=redis://queue:6379 CIPHERNET_PASSPHRASE=… ciphernet collector')
    .action(async () => {
      await using session = await openSharedSession('collector');
      const { backend, blobs, configuration } = session;
      startCollector(backend, blobs, configuration, passphraseFromEnvironment());
      process.stderr.write(`collector on ${backend.description}: reports in ${configuration.reportsFolder}\n`);
      await untilStopped(session.signal);
    });
}
