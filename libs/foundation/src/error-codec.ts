import {
  DeviceError,
  EvaluationError,
  InputError,
  IntegrityError,
  UnavailableError,
  UnsupportedError,
  messageOf,
  nameOf,
} from './errors.js';

/**
 * How an error crosses a border that keeps text only: threads, BullMQ's sandbox, a job's `failedReason`. Name and message
 * travel, stack and cause stay behind: they may name paths and values of the other side.
 */
export interface EncodedError {
  readonly name: string;
  readonly message: string;
}

/** The kinds that arrive as what they were; every other arrives as a plain Error. */
const KINDS = {
  InputError,
  IntegrityError,
  UnsupportedError,
  UnavailableError,
  DeviceError,
  EvaluationError,
} as const;

const LINE = new RegExp(`^(${Object.keys(KINDS).join('|')}): (.*)$`, 's');

/** Name and message of whatever was thrown. */
export function encodeError(error: unknown): EncodedError {
  return { name: nameOf(error) || 'Error', message: messageOf(error) };
}

/** The error again, of its own class where that is one of ours. */
export function decodeError({ name, message }: EncodedError): Error {
  if (!Object.hasOwn(KINDS, name)) return new Error(message);
  return new KINDS[name as keyof typeof KINDS](message);
}

/** One line, `InputError: what [where] — hint`: what a job's `failedReason` holds. */
export function errorToLine(error: unknown): string {
  const { name, message } = encodeError(error);
  return `${name}: ${message}`;
}

/**
 * Reads a line made by {@link errorToLine}.
 *
 * @param where named by the EvaluationError that any other text becomes
 */
export function errorFromLine(line: string, where: string): Error {
  const [, name, message] = LINE.exec(line) ?? [];
  if (name === undefined || message === undefined) return new EvaluationError(line, { where });
  return decodeError({ name, message });
}
