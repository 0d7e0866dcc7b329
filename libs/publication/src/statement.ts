import { InputError, digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/** An owner's public key: 32 bytes of Ed25519, base64url. */
export const ownerKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is not an Ed25519 public key');

/** Figures that a statement can have. */
export const PUBLISHED_METRICS = ['accuracy', 'confusion'] as const;

const count = z.number().int().nonnegative();

/**
 * What an owner says in public of one evaluation, version 1, and all of it: figures after noise and rounding, and what an
 * outsider needs to know what they are of. No error, no margin, no time of the owner's machine.
 */
export const statementSchema = z
  .strictObject({
    format: z.literal('ciphernet-statement'),
    version: z.literal(1),
    evaluation: z.string().regex(/^[a-z][a-z0-9-]{2,63}$/),
    /** A day, UTC: when a report was made to the millisecond is nobody's business. */
    publishedOn: z.iso.date(),
    dataset: z
      .strictObject({
        name: z.string().max(200),
        split: z.string().max(40),
        manifest: digestSchema,
        images: z.number().int().positive(),
        classes: z.number().int().min(2).max(1000),
      })
      .readonly(),
    model: z.strictObject({ digest: digestSchema }).readonly(),
    /** A multiple of `rounding.accuracy`. */
    accuracy: z.number().min(0).max(1),
    /** confusion[true class][predicted class]: multiples of `rounding.cell`; null below the policy's least count, and for classes that are not released. */
    confusion: z.array(z.array(count.nullable()).readonly()).readonly().optional(),
    rounding: z.strictObject({ accuracy: z.number().positive().max(1), cell: z.number().int().positive() }).readonly(),
    /** Differential privacy for one example's image and label: two-sided geometric noise on the counts. */
    epsilon: z.number().positive(),
    /** What was checked before it was accepted, each named as `docs/verification.md` names it. */
    checks: z.array(z.string().max(60)).max(20).readonly(),
    parameters: z.strictObject({ digest: digestSchema, keyFingerprint: digestSchema, securityBits: count }).readonly(),
    owner: ownerKeySchema,
  })
  .readonly();

/** A parsed statement. */
export type Statement = z.infer<typeof statementSchema>;

const signedSchema = z
  .strictObject({
    format: z.literal('ciphernet-signed'),
    version: z.literal(1),
    /** The statement's JSON, the very text that was signed. */
    statement: z.string().max(1_000_000),
    /** 64 bytes, base64url. */
    signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/, 'is not an Ed25519 signature'),
  })
  .readonly();

/** A statement's text with its owner's signature. */
export type SignedStatement = z.infer<typeof signedSchema>;

/** Most bytes of a signed statement: a matrix of 100 classes and some. */
export const MOST_STATEMENT_BYTES = 2 ** 21;

/** Signed with it in front: a signature under this key means nothing else. */
const DOMAIN = 'ciphernet-statement 1\n';

/** The bytes that a statement's signature is over. */
export function signedBytes(statement: string): Uint8Array {
  return new TextEncoder().encode(DOMAIN + statement);
}

/** Parses an envelope; nothing is verified yet. @throws InputError naming `where` */
export function parseSigned(text: string, where: string): SignedStatement {
  if (text.length > MOST_STATEMENT_BYTES) throw new InputError('too long for a published statement', { where });
  return parseOrThrow(signedSchema, parseJson(text, where), where);
}

/** Parses a statement. @throws InputError naming `where` */
export function parseStatement(text: string, where: string): Statement {
  return parseOrThrow(statementSchema, parseJson(text, where), where);
}
