import { createPublicKey, verify } from 'node:crypto';
import { IntegrityError, sha256Hex } from '@ciphernet/foundation';
import { type Statement, parseSigned, parseStatement, signedBytes } from './statement.js';

/** What people compare by eye or over the telephone: SHA-256 of the 32 bytes, 64 hex digits. */
export function ownerFingerprint(owner: string): string {
  return sha256Hex(Buffer.from(owner, 'base64url'));
}

/**
 * Checks that a published statement is whole and signed by the owner that it names. Needs no network and no key.
 *
 * @param where names the file in errors
 * @throws InputError for what is no statement
 * @throws IntegrityError when the signature is not the named owner's
 */
export function verifySigned(text: string, where: string): Statement {
  const { statement: signed, signature } = parseSigned(text, where);
  const statement = parseStatement(signed, where);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: statement.owner }, format: 'jwk' });
  if (verify(null, signedBytes(signed), key, Buffer.from(signature, 'base64url'))) return statement;
  throw new IntegrityError('the signature is not that of the owner whom the statement names', {
    where,
    hint: 'ask the owner for the file again, and compare the fingerprint of their key',
  });
}
