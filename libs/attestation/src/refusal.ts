import type { Identity } from '@ciphernet/identity';
import { z } from 'zod';
import { auditedSchema } from './attestation.js';
import { type SignedStatement, type StatementKind, signStatement, verifyStatement } from './signed-statement.js';

/** What an auditor says of one shard's result that is certainly not what the model gives, version 1. */
const refusalSchema = auditedSchema
  .extend({
    format: z.literal('ciphernet-audit-refusal'),
    version: z.literal(1),
    /** Where the result differs. */
    found: z.string().min(1).max(200),
  })
  .readonly();

/** A parsed refusal. */
export type Refusal = z.infer<typeof refusalSchema>;

const KIND: StatementKind<Refusal> = { format: 'ciphernet-audit-refusal', schema: refusalSchema, signer: 'auditor' };

/** Signs what an audit found wrong. */
export function signRefusal(
  found: Omit<Refusal, 'format' | 'version' | 'auditor'>,
  identity: Identity,
): SignedStatement {
  return signStatement(KIND, found, identity);
}

/** Reads a refusal whose signature is its auditor's. @throws InputError or IntegrityError naming `where` */
export function verifyRefusal(signed: SignedStatement, where: string): Refusal {
  return verifyStatement(KIND, signed, where);
}
