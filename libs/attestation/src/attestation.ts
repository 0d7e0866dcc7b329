import { digestSchema } from '@ciphernet/foundation';
import type { Identity } from '@ciphernet/identity';
import { z } from 'zod';
import { aboutResult } from './about-result.js';
import {
  type SignedStatement,
  type StatementKind,
  publicKeySchema,
  signStatement,
  signedStatementOf,
  verifyStatement,
} from './signed-statement.js';

/** Most positions of a prime, and primes, that an attestation names. */
export const MOST_SAMPLED = 256;
const MOST_PRIMES = 16;
/** Characters of a statement: each position takes up to six. */
const MOST_STATEMENT = 2000 + 6 * MOST_SAMPLED * MOST_PRIMES;

/** What an auditor says: this is what the model gives of a shard at positions that were drawn when the worker's result was named, version 2. */
const attestationSchema = z
  .strictObject({
    format: z.literal('ciphernet-audit'),
    version: z.literal(2),
    ...aboutResult,
    /** Drawn of each prime, ascending. */
    positions: z
      .array(z.array(z.number().int().min(0).max(32_767)).min(1).max(MOST_SAMPLED).readonly())
      .min(1)
      .max(MOST_PRIMES)
      .readonly(),
    /** Digest of what the model gives there. */
    values: digestSchema,
    /** The auditor's public key. */
    auditor: publicKeySchema,
  })
  .readonly();

/** A parsed attestation. */
export type Attestation = z.infer<typeof attestationSchema>;

/** An attestation as it travels. */
export const signedAttestationSchema = signedStatementOf(MOST_STATEMENT);

const KIND: StatementKind<Attestation> = {
  format: 'ciphernet-audit',
  version: 2,
  schema: attestationSchema,
  signer: 'auditor',
};

/** Signs what an audit computed. */
export function signAttestation(
  found: Omit<Attestation, 'format' | 'version' | 'auditor'>,
  identity: Identity,
): SignedStatement {
  return signStatement(KIND, found, identity);
}

/** Reads an attestation whose signature is its auditor's. @throws InputError or IntegrityError naming `where` */
export function verifyAttestation(signed: SignedStatement, where: string): Attestation {
  return verifyStatement(KIND, signed, where);
}
