/**
 * Errors that a person can act on. Each says what was wrong, where, and what to do.
 *
 * The class is lost when an error crosses a process or thread border (BullMQ's sandbox keeps `name` and `message`
 * only), so code that has to tell kinds apart compares `name`, never `instanceof`.
 */
export interface ErrorContext {
  /** The file, option, job or field that is wrong. */
  readonly where?: string;
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

function compose(what: string, context: ErrorContext): string {
  const where = context.where === undefined ? '' : ` [${context.where}]`;
  const hint = context.hint === undefined ? '' : ` — ${context.hint}`;
  return `${what}${where}${hint}`;
}

/** What the kinds below share: a composed one-line message and the place it speaks of. */
abstract class ContextError extends Error {
  readonly where: string | undefined;

  constructor(what: string, context: ErrorContext = {}) {
    super(compose(what, context), context.cause === undefined ? undefined : { cause: context.cause });
    this.where = context.where;
  }
}

/** Something from outside (an option, a file, a job, the environment) is not what it has to be. Exit code 2. */
export class InputError extends ContextError {
  override readonly name = 'InputError';
}

/** A shard, result or key whose bytes, digest, parameters or key fingerprint do not fit; no retry helps. Exit code 3. */
export class IntegrityError extends ContextError {
  override readonly name = 'IntegrityError';
}

/** A network or circuit that cannot be evaluated under encryption, or under the parameters at hand. Exit code 4. */
export class UnsupportedError extends ContextError {
  override readonly name = 'UnsupportedError';
}

/** A service (queue, blob store, disk) that is not there or does not answer. Worth a retry. Exit code 5. */
export class UnavailableError extends ContextError {
  override readonly name = 'UnavailableError';
}

/** A device (a GPU) that is not there, was lost, ran out of memory or computed wrongly: the work can be done without it. Exit code 5. */
export class DeviceError extends ContextError {
  override readonly name = 'DeviceError';
}

/** An evaluation that ended without a whole result. Exit code 1. */
export class EvaluationError extends ContextError {
  override readonly name = 'EvaluationError';
}

const EXIT_CODES: Readonly<Record<string, number>> = {
  InputError: 2,
  IntegrityError: 3,
  UnsupportedError: 4,
  UnavailableError: 5,
  DeviceError: 5,
};

/** The error's kind, also for errors of another realm or process, which are no `instanceof Error` here. */
export function nameOf(error: unknown): string {
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : '';
  return typeof name === 'string' ? name : '';
}

/** The process exit code for an error: 2 bad input, 3 integrity, 4 unsupported, 5 unavailable, 130 cancelled, else 1. */
export function exitCodeOf(error: unknown): number {
  const name = nameOf(error);
  return name === 'AbortError' ? 130 : (EXIT_CODES[name] ?? 1);
}

/** True for the kinds that no retry can repair: the same bytes will be wrong again. */
export function isUnrecoverable(error: unknown): boolean {
  return ['InputError', 'IntegrityError', 'UnsupportedError'].includes(nameOf(error));
}

/** The error itself, or one for whatever else was thrown: WebAssembly's exceptions have no message, which queues need. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

/** Text from elsewhere as a terminal may show it: control characters, which move cursors and recolour, become visible. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** One line for a person; never a stack. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return printable(text.replace(/\s*\n\s*/g, ' ').trim());
}
