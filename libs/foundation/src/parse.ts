import { InputError } from './errors.js';

/** The part of a zod schema that is used here; keeps this package free of dependencies. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/**
 * Parses `value` with a zod schema; on failure throws an {@link InputError} that lists each field and what is wrong.
 *
 * @param where names the thing that was parsed: a file, a job id, an option
 */
export function parseOrThrow<T>(schema: Schema<T>, value: unknown, where: string, hint?: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.length > 0 ? issue.path.map(String).join('.') : 'value'}: ${issue.message}`)
    .join('; ');
  throw new InputError(`not valid: ${issues}`, hint === undefined ? { where } : { where, hint });
}

/** JSON.parse with an error that names the place and never quotes the content. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError('not JSON', { where, hint: 'the file is truncated or not what its name says', cause });
  }
}
