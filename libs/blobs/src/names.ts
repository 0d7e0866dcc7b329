import { InputError, isDigest } from '@ciphernet/foundation';

const REF = /^[a-z0-9][a-z0-9._-]{0,127}(\/[a-z0-9][a-z0-9._-]{0,127}){0,3}$/;

/** The digest, checked before it becomes part of a path. @throws InputError unless it is 64 lower-case hex digits */
export function checkDigestName(digest: string): string {
  if (isDigest(digest)) return digest;
  throw new InputError('not a blob address (64 hex digits)', { where: JSON.stringify(digest.slice(0, 80)) });
}

/**
 * The reference's name, checked before it becomes part of a path: one to four parts of lower case, no dots first.
 *
 * @throws InputError for any other name
 */
export function checkRefName(name: string): string {
  if (REF.test(name) && !name.includes('..')) return name;
  throw new InputError('not a reference name (a-z, 0-9, ., _, - in at most four parts)', {
    where: JSON.stringify(name.slice(0, 80)),
  });
}
