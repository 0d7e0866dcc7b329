import { IntegrityError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { type Identity, verifySignature } from '@ciphernet/identity';
import { z } from 'zod';

/** Form of an Ed25519 public key: 32 bytes, base64url. */
export const publicKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Form of a statement's JSON, the very text that was signed, and its signature. @param most characters of the text */
export const signedStatementOf = (most: number) =>
  z.strictObject({ statement: z.string().max(most), signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) }).readonly();

/** A statement as it travels through queue and store. */
export const signedStatementSchema = signedStatementOf(2000);
/** A parsed one; what it says is not known before it is verified. */
export type SignedStatement = z.infer<typeof signedStatementSchema>;

/** A kind of statement: its form, and the field that names its signer. Its format's name keeps kinds apart. */
export interface StatementKind<Fields> {
  readonly format: string;
  /** Default 1. */
  readonly version?: number;
  readonly schema: z.ZodType<Fields>;
  readonly signer: keyof Fields & string;
}

const bytesOf = <Fields>({ format, version = 1 }: StatementKind<Fields>, text: string): Uint8Array =>
  new TextEncoder().encode(`${format} ${version}\n${text}`);

/** Signs what somebody says, without `format`, `version` and the signer, which are added. */
export function signStatement<Fields extends object>(
  kind: StatementKind<Fields>,
  said: object,
  identity: Identity,
): SignedStatement {
  const { format, version = 1, signer } = kind;
  const statement = JSON.stringify({ format, version, ...said, [signer]: identity.publicKey });
  return { statement, signature: identity.sign(bytesOf(kind, statement)) };
}

/**
 * Reads a statement and verifies its signature by the key that it names; whether that key's holder is believed is the
 * caller's to say.
 *
 * @param hint what to do where the signature is another's
 * @throws InputError or IntegrityError naming `where`
 */
export function verifyStatement<Fields extends object>(
  kind: StatementKind<Fields>,
  signed: SignedStatement,
  where: string,
  hint?: string,
): Fields {
  const { schema, signer } = kind;
  const said = parseOrThrow(schema, parseJson(signed.statement, where), where);
  const key: unknown = said[signer];
  if (typeof key === 'string' && verifySignature(key, bytesOf(kind, signed.statement), signed.signature)) return said;
  throw new IntegrityError(`the signature is not that of the ${signer} whom it names`, {
    where,
    ...(hint === undefined ? {} : { hint }),
  });
}
