import { type EngineChoice, ENGINE_CHOICES } from '@ciphernet/artifacts';
import {
  Command,
  InvalidArgumentError,
  Option,
  integerBetween,
  openSharedSession,
  untilStopped,
} from '@ciphernet/command-line';
import { type ChosenEngine, chooseEngine, thisMachine } from '@ciphernet/engines';
import { identityFingerprint } from '@ciphernet/identity';
import { openModelKey } from '@ciphernet/models';
import { createLog, onJobs } from '@ciphernet/logging';
import { parseBackend } from '@ciphernet/queue';
import type { BackendChoice } from '@ciphernet/training';
import { openAuditor } from '../audit.js';
import { startWorker } from '../start-worker.js';

/** Backends by name: `training` has what is behind them, and is loaded by training jobs only. */
const TRAINING = [
  'auto',
  'tfjs-node-gpu',
  'tfjs-node',
  'webgpu',
  'wasm',
  'cpu',
] as const satisfies readonly BackendChoice[];

const ROLES = ['train', 'infer', 'audit', 'benchmark'] as const;
type Role = (typeof ROLES)[number];

function rolesArgument(text: string): Role[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown === undefined) return names as Role[];
  throw new InvalidArgumentError(`'${unknown.slice(0, 40)}' is none of ${ROLES.join(', ')}.`);
}

function concurrencyArgument(text: string): number | 'auto' {
  return text === 'auto' ? 'auto' : integerBetween(1, 256)(text);
}

interface WorkerOptions {
  readonly roles: Role[];
  readonly concurrency: number | 'auto';
  readonly engine: EngineChoice;
  readonly training: BackendChoice;
  readonly gpu?: number;
}

/** One for each GPU; without one the cores. A training job keeps a core busy: inference leaves it one where there are two. */
function automaticConcurrency(cores: number, roles: readonly Role[], engine: ChosenEngine | undefined): number {
  const gpus = engine?.name === 'webgpu' ? (engine.gpus ?? []).length : 0;
  if (gpus > 0) return gpus;
  return Math.max(1, roles.includes('train') ? cores - 1 : cores);
}

/** `worker`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('take jobs from the queue until stopped; needs no key')
    .option('--roles <list>', `any of ${ROLES.join(', ')}`, rolesArgument, [...ROLES])
    .option(
      '--concurrency <n>',
      'infer jobs side by side; auto: the cores, less one for training, or one for each GPU',
      concurrencyArgument,
      'auto',
    )
    .addOption(
      new Option('--engine <name>', 'for jobs that leave it to the worker; auto: the fastest that passes its self-test')
        .choices([...ENGINE_CHOICES])
        .default('auto'),
    )
    .addOption(
      new Option('--training <backend>', 'of TensorFlow.js; auto: the fastest, a GPU only where a step on it is faster')
        .choices([...TRAINING])
        .default('auto'),
    )
    .addOption(
      new Option('--gpu <index>', 'the only GPU to use, counted from 0 as the log lists them; default: all')
        .argParser(integerBetween(0, 255))
        .env('CIPHERNET_GPU'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  REDIS_URL=redis://queue:6379 ciphernet worker\n  ciphernet worker --roles infer --concurrency 8\n  ciphernet worker --roles train                # on a GPU node: one training job at a time\n  ciphernet worker --engine webgpu --gpu 1      # of several GPUs, the second\n  ciphernet worker --roles audit                # of the model’s owner, or of an independent auditor',
    )
    .action(async ({ roles, concurrency, engine, training, gpu }: WorkerOptions) => {
      await using session = await openSharedSession('worker');
      const { backend, blobs, configuration } = session;
      // One that cannot be read is told now, not by the first jobs.
      await openModelKey(configuration);
      const log = createLog('worker', { format: configuration.logFormat });
      const isAuditor = roles.includes('audit');
      const auditor = isAuditor ? identityFingerprint((await openAuditor(configuration)).publicKey) : undefined;
      const isInferring = roles.includes('infer');
      // Training alone leaves a GPU to its jobs, unless one is named.
      const chosen =
        isInferring || gpu !== undefined
          ? await chooseEngine(isInferring ? engine : 'webgpu', thisMachine(configuration.cores), gpu)
          : undefined;
      if (chosen !== undefined && isInferring) log.info(`engine ${chosen.name}: ${chosen.reason}`);
      const wanted = concurrency === 'auto' ? automaticConcurrency(configuration.cores, roles, chosen) : concurrency;
      const infer = isInferring ? wanted : 0;
      const { workers } = startWorker(session, {
        infer,
        ...(chosen === undefined ? {} : { engine: chosen }),
        // A check takes a fiftieth of an evaluation: one thread keeps up with many.
        audit: isAuditor ? 1 : 0,
        ...(auditor === undefined ? {} : { auditor }),
        train: roles.includes('train'),
        training,
        benchmark: roles.includes('benchmark'),
      });
      onJobs(log, workers);
      for (const worker of workers) {
        worker.on('progress', (_job, progress) => {
          const announced = parseBackend(progress);
          if (announced !== undefined) log.info(`training: ${announced.reason}`);
        });
      }
      log.info(`worker on ${backend.description}, blobs in ${blobs.description}`, {
        roles: roles.join(','),
        concurrency: infer,
        ...(auditor === undefined ? {} : { auditor }),
      });
      await untilStopped(session.signal);
    });
}
