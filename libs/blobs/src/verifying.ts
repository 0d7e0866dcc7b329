import { createHash } from 'node:crypto';
import { IntegrityError } from '@ciphernet/foundation';

/**
 * Passes chunks through.
 *
 * @throws IntegrityError after the last chunk unless the SHA-256 of all is `digest`
 */
export async function* verifying(
  source: AsyncIterable<Uint8Array>,
  digest: string,
  where: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual === digest) return;
  throw new IntegrityError(`blob ${digest} holds other bytes: their sha256 is ${actual}`, {
    where,
    hint: 'the store changed it: delete it and make it again',
  });
}
