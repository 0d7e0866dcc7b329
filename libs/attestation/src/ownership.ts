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

const modelSchema = z
  .strictObject({
    format: z.literal('ciphernet-model-owner'),
    version: z.literal(1),
    /** Of the model's record, or of its sealed bytes. */
    model: digestSchema,
    owner: publicKeySchema,
  })
  .readonly();
/** That somebody answers for a model: who trained or imported it, by the key that signs. */
export type ModelOwnership = z.infer<typeof modelSchema>;

const MODEL: StatementKind<ModelOwnership> = { format: 'ciphernet-model-owner', schema: modelSchema, signer: 'owner' };

/** Signs a model as one's own. */
export const signModelOwnership = (model: string, identity: Identity): SignedStatement =>
  signStatement(MODEL, { model }, identity);

/** Reads an ownership whose signature is its owner's. @throws InputError or IntegrityError naming `where` */
export const verifyModelOwnership = (signed: SignedStatement, where: string): ModelOwnership =>
  verifyStatement(MODEL, signed, where);
