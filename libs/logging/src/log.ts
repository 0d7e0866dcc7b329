import pino from 'pino';
import pretty from 'pino-pretty';

/** What a line may hold besides its message: ids and figures. Data, keys and logits have no place in a log. */
export interface LogFields {
  readonly evaluation?: string;
  readonly job?: string;
  readonly queue?: string;
  readonly shard?: number;
  readonly run?: string;
  readonly seconds?: number;
  readonly attempt?: number;
  readonly [figure: string]: string | number | boolean | undefined;
}

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Fields that are never written, wherever they stand: a second wall; the first is that no caller passes them. */
const SECRET = ['passphrase', 'password', 'secret', 'secretKey', 'key', 'logits', 'labels', 'token', 'authorization'];
const REDACTED = { paths: [...SECRET, ...SECRET.map((name) => `*.${name}`)], censor: '[redacted]' };

/**
 * A role's log on standard error: JSON lines for machines, readable ones for a terminal.
 *
 * @param options `format` `auto` (default) chooses by whether standard error is a terminal; `level` default `info`
 */
export function createLog(
  role: string,
  options: {
    readonly format?: 'auto' | 'json' | 'text';
    readonly level?: string;
    readonly destination?: NodeJS.WritableStream;
  } = {},
): Log {
  const { format = 'auto', level = 'info', destination = process.stderr } = options;
  const isText = format === 'text' || (format === 'auto' && process.stderr.isTTY);
  const stream = isText
    ? pretty({ destination, sync: true, ignore: 'pid,hostname', translateTime: 'UTC:HH:MM:ss' })
    : destination;
  const logger = pino({ name: role, level, redact: REDACTED }, stream);
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}

interface JobLike {
  readonly id?: string | undefined;
  readonly data: unknown;
  readonly attemptsMade: number;
  readonly processedOn?: number | undefined;
  readonly finishedOn?: number | undefined;
}

interface WorkerLike {
  readonly name: string;
  on(event: 'active' | 'completed', listener: (job: JobLike) => void): unknown;
  on(event: 'failed', listener: (job: JobLike | undefined, error: Error) => void): unknown;
  on(event: 'stalled', listener: (jobId: string) => void): unknown;
}

/** Ids of a job's data, by name: everything else in it stays out of the log. */
function idsOf(queue: string, job: JobLike | undefined): LogFields {
  const data = (job?.data ?? {}) as { evaluation?: unknown; shard?: unknown; run?: unknown };
  return {
    queue,
    ...(job?.id === undefined ? {} : { job: job.id }),
    ...(typeof data.evaluation === 'string' ? { evaluation: data.evaluation.slice(0, 64) } : {}),
    ...(typeof data.shard === 'number' ? { shard: data.shard } : {}),
    ...(typeof data.run === 'string' ? { run: data.run.slice(0, 64) } : {}),
  };
}

/** Logs what happens to a worker's jobs, each line with the ids that it can be followed by. */
export function onJobs(log: Log, workers: readonly WorkerLike[]): void {
  for (const worker of workers) {
    const { name } = worker;
    worker.on('active', (job) => log.info('started', { ...idsOf(name, job), attempt: job.attemptsMade + 1 }));
    worker.on('completed', (job) => {
      const seconds = ((job.finishedOn ?? 0) - (job.processedOn ?? 0)) / 1000;
      log.info('done', { ...idsOf(name, job), seconds });
    });
    worker.on('failed', (job, error) =>
      log.warn(`failed: ${error.message.slice(0, 500)}`, { ...idsOf(name, job), attempt: job?.attemptsMade ?? 0 }),
    );
    worker.on('stalled', (job) => log.warn('lost by its worker, taken up again', { queue: name, job }));
  }
}
