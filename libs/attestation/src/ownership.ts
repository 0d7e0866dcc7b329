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

/** What somebody signs as theirs. */
export type Owned = 'model' | 'dataset';

/** That somebody answers for what a digest names, by the key that signs. */
export interface Ownership {
  readonly format: string;
  readonly version: 1;
  /** Of a model's record, or its sealed bytes; of a dataset's manifest. */
  readonly digest: string;
  readonly owner: string;
}

function kindOf(owned: Owned): StatementKind<Ownership> {
  // Another format for each: who signs a dataset does not sign a model.
  const format = `ciphernet-${owned}-owner`;
  const schema = z
    .strictObject({ format: z.literal(format), version: z.literal(1), digest: digestSchema, owner: publicKeySchema })
    .readonly();
  return { format, schema, signer: 'owner' };
}

const KINDS: Readonly<Record<Owned, StatementKind<Ownership>>> = {
  model: kindOf('model'),
  dataset: kindOf('dataset'),
};

/** Signs what a digest names as one's own. */
export const signOwnership = (owned: Owned, digest: string, identity: Identity): SignedStatement =>
  signStatement(KINDS[owned], { digest }, identity);

/** Reads an ownership whose signature is its owner's. @throws InputError or IntegrityError naming `where` */
export const verifyOwnership = (owned: Owned, signed: SignedStatement, where: string): Ownership =>
  verifyStatement(KINDS[owned], signed, where);
