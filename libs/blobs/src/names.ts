import { InputError, isDigest } from '@ciphernet/foundation';

const REF = /^[a-z0-9][a-z0-9._-]{0,127}(\/[a-z0-9][a-z0-9._-]{0,127}){0,3}$/;

/** The digest, checked before it becomes part of a path. */
export function checkDigestName(digest: string): string {
  if (isDigest(digest)) return digest;
  throw new InputError('not a blob address (64 hex digits)', { where: JSON.stringify(digest.slice(0, 80)) });
}

/** The reference's name, checked before it becomes part of a path: no dots first, no empty parts, lower case. */
export function checkRefName(name: string): string {
  if (REF.test(name) && !name.includes('..')) return name;
  throw new InputError('not a reference name (a-z, 0-9, ., _, - in at most four parts)', {
    where: JSON.stringify(name.slice(0, 80)),
  });
}
