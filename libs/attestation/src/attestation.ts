import { digestSchema } from '@ciphernet/foundation';
import type { Identity } from '@ciphernet/identity';
import { z } from 'zod';
import {
  type SignedStatement,
  type StatementKind,
  publicKeySchema,
  signStatement,
  verifyStatement,
} from './signed-statement.js';

/** What an audit is of: one shard's result in one evaluation, and who says so. */
export const auditedSchema = z.strictObject({
  evaluation: z.string().max(64),
  manifest: digestSchema,
  shard: z.number().int().nonnegative(),
  /** Of the shard's bytes. */
  shardDigest: digestSchema,
  model: digestSchema,
  /** Of the circuit that the auditor compiled from the model. */
  compiled: digestSchema,
  result: digestSchema,
  /** The auditor's public key. */
  auditor: publicKeySchema,
});

/** What an auditor says of one shard's result after it was spot-checked, version 1. */
const attestationSchema = auditedSchema
  .extend({
    format: z.literal('ciphernet-audit'),
    version: z.literal(1),
    /** Drawn of each prime, after the result's digest was fixed. */
    positions: z.number().int().min(1).max(32_768),
  })
  .readonly();

/** A parsed attestation. */
export type Attestation = z.infer<typeof attestationSchema>;

const KIND: StatementKind<Attestation> = { format: 'ciphernet-audit', schema: attestationSchema, signer: 'auditor' };

/** Signs what an audit found right. */
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
