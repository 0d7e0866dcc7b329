import { IntegrityError } from '@ciphernet/foundation';
import { verifySignature } from '@ciphernet/identity';
import { type Statement, parseSigned, parseStatement, signedBytes } from './statement.js';

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
  if (verifySignature(statement.owner, signedBytes(signed), signature)) return statement;
  throw new IntegrityError('the signature is not that of the owner whom the statement names', {
    where,
    hint: 'ask the owner for the file again, and compare the fingerprint of their key',
  });
}
