import { IntegrityError, digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { type Identity, verifySignature } from '@ciphernet/identity';
import { z } from 'zod';

/** What an auditor says of one shard's result after it was spot-checked, version 1. */
const attestationSchema = z
  .strictObject({
    format: z.literal('ciphernet-audit'),
    version: z.literal(1),
    evaluation: z.string().max(64),
    manifest: digestSchema,
    shard: z.number().int().nonnegative(),
    /** Of the shard's bytes. */
    shardDigest: digestSchema,
    model: digestSchema,
    /** Of the circuit that the auditor compiled from the model. */
    compiled: digestSchema,
    result: digestSchema,
    /** Drawn of each prime, after the result's digest was fixed. */
    positions: z.number().int().min(1).max(32_768),
    /** The auditor's public key. */
    auditor: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  })
  .readonly();

/** A parsed attestation. */
export type Attestation = z.infer<typeof attestationSchema>;

/** An attestation's JSON, the very text that was signed, and its signature. */
export const signedAttestationSchema = z
  .strictObject({ attestation: z.string().max(2000), signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) })
  .readonly();
export type SignedAttestation = z.infer<typeof signedAttestationSchema>;

const DOMAIN = 'ciphernet-audit 1\n';
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(DOMAIN + text);

/** Signs what an audit found right. */
export function signAttestation(
  found: Omit<Attestation, 'format' | 'version' | 'auditor'>,
  identity: Identity,
): SignedAttestation {
  const attestation = JSON.stringify({
    format: 'ciphernet-audit',
    version: 1,
    ...found,
    auditor: identity.publicKey,
  });
  return { attestation, signature: identity.sign(bytesOf(attestation)) };
}

/**
 * Reads an attestation and verifies its signature by the key that it names; whether that key's holder is believed is the
 * caller's to say.
 *
 * @throws InputError or IntegrityError naming `where`
 */
export function verifyAttestation(signed: SignedAttestation, where: string): Attestation {
  const attestation = parseOrThrow(attestationSchema, parseJson(signed.attestation, where), where);
  if (verifySignature(attestation.auditor, bytesOf(signed.attestation), signed.signature)) return attestation;
  throw new IntegrityError('the signature of an audit is not its auditor’s', { where });
}
