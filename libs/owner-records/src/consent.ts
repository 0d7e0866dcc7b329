import { join } from 'node:path';
import {
  type StatementKind,
  publicKeySchema,
  signStatement,
  signedStatementOf,
  verifyStatement,
} from '@ciphernet/attestation';
import {
  InputError,
  IntegrityError,
  digestSchema,
  parseJson,
  parseOrThrow,
  readIfThere,
  writeWhole,
} from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import { z } from 'zod';
import type { OwnerConfiguration } from './owner-configuration.js';
import { openOwnerIdentity } from './owner-identity.js';
import { NO_TERMS, type Terms, extendTerms, termsShape } from './terms.js';

const headShape = {
  format: z.literal('ciphernet-consent'),
  version: z.literal(1),
  /** Digest of the dataset's manifest. */
  dataset: digestSchema,
};

/** How consents were kept before they were signed. */
const unsignedSchema = z.strictObject({ ...headShape, models: termsShape.models, runs: termsShape.runs });

/**
 * A consent, as its owner signs it. The collector takes nothing of it from the queue: whoever reaches the queue can ask, and
 * what is asked for without consent is not decrypted.
 */
const consentSchema = z.strictObject({ ...headShape, ...termsShape, owner: publicKeySchema }).readonly();

/** A parsed consent, whose signature is its owner's. */
export type Consent = z.infer<typeof consentSchema>;

const CONSENT: StatementKind<Consent> = { format: 'ciphernet-consent', schema: consentSchema, signer: 'owner' };

/** Room for the most models and runs that a consent has. */
const fileSchema = signedStatementOf(1_000_000);

/** Where an owner's consents are, and the key that signs them. */
export type ConsentLocation = Pick<OwnerConfiguration, 'consentsFolder' | 'keysFolder' | 'passphrase'>;

const pathOf = ({ consentsFolder }: ConsentLocation, dataset: string): string =>
  join(consentsFolder, `${dataset}.consent.json`);

async function sign(owner: ConsentLocation, dataset: string, terms: Terms): Promise<Consent> {
  const identity = await openOwnerIdentity(owner);
  const signed = signStatement(CONSENT, { dataset, ...terms }, identity);
  // Nothing is written that would not be read.
  const consent = verifyStatement(CONSENT, parseOrThrow(fileSchema, signed, 'consent'), 'consent');
  await writeWhole(pathOf(owner, dataset), `${JSON.stringify(signed)}\n`, { mode: 0o600, folderMode: 0o700 });
  return consent;
}

/** A consent from before they were signed; undefined for anything else. */
function unsignedFrom(json: unknown): z.infer<typeof unsignedSchema> | undefined {
  const parsed = unsignedSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/**
 * What is allowed on a dataset; undefined where the owner has allowed nothing.
 *
 * @throws InputError for a damaged file, and for one without a signature
 * @throws IntegrityError for a consent that was changed, is another owner's or of another dataset
 */
export async function findConsent(owner: ConsentLocation, dataset: string): Promise<Consent | undefined> {
  const where = pathOf(owner, dataset);
  const text = await readIfThere(where);
  if (text === undefined) return undefined;
  const json = parseJson(text, where);
  if (unsignedFrom(json) !== undefined) {
    throw new InputError('the consent is not signed', {
      where,
      hint: `look at what it says, and sign it: ciphernet allow --dataset ${dataset} --sign`,
    });
  }
  const again = `if you did not put it there, find out who did; then delete it, and allow again: ciphernet allow --dataset ${dataset} --model …`;
  const consent = verifyStatement(CONSENT, parseOrThrow(fileSchema, json, where, again), where, again);
  const { publicKey } = await openOwnerIdentity(owner);
  if (consent.owner !== publicKey) {
    const [of, mine] = [consent.owner, publicKey].map((key) => `${identityFingerprint(key).slice(0, 16)}…`);
    throw new IntegrityError(`the consent is signed by ${of}, not by this data folder’s owner, ${mine}`, {
      where,
      hint: again,
    });
  }
  if (consent.dataset === dataset) return consent;
  throw new IntegrityError(`the consent is of another dataset, ${consent.dataset.slice(0, 12)}`, {
    where,
    hint: again,
  });
}

/** Signs a consent from before they were signed. @throws InputError where there is none */
export async function signOldConsent(owner: ConsentLocation, dataset: string): Promise<Consent> {
  const where = pathOf(owner, dataset);
  const text = await readIfThere(where);
  const old = text === undefined ? undefined : unsignedFrom(parseJson(text, where));
  if (old === undefined) throw new InputError('there is no consent that is not signed', { where });
  if (old.dataset !== dataset) throw new IntegrityError('the consent is of another dataset', { where });
  return sign(owner, dataset, extendTerms(NO_TERMS, { models: old.models, runs: old.runs }));
}

/** What a consent allows, without who allows it and on what. */
export function termsOf({
  format: _format,
  version: _version,
  dataset: _dataset,
  owner: _owner,
  ...terms
}: Consent): Terms {
  return terms;
}

/** Allows more on a dataset, and signs it. What was allowed stays so. @throws what {@link findConsent} throws */
export async function allow(owner: ConsentLocation, dataset: string, more: Partial<Terms>): Promise<Consent> {
  const before = await findConsent(owner, dataset);
  return sign(owner, dataset, extendTerms(before === undefined ? NO_TERMS : termsOf(before), more));
}

/** An evaluation, for what a consent says of it. */
export interface AskedFor {
  readonly model: string;
  /** The training run whose checkpoint is evaluated, where it is one. */
  readonly run?: string | undefined;
  /** Of the model owners whom the consent names, those that have signed the model. */
  readonly owners: ReadonlySet<string>;
}

/** The training run whose checkpoint an evaluation is of, by the id that the run gives it. */
export function runOf(evaluation: string): string | undefined {
  return /^(.+)-epoch-\d{1,3}$/.exec(evaluation)?.[1];
}

/** True for a model that is named, is of a run that is named, or of an owner who is. */
export function isAllowed(consent: Consent | undefined, { model, run, owners }: AskedFor): boolean {
  if (consent === undefined) return false;
  return (
    consent.models.includes(model) ||
    (run !== undefined && consent.runs.includes(run)) ||
    consent.modelOwners.some((owner) => owners.has(owner))
  );
}

/** @throws InputError that says how to allow the evaluation */
export function notAllowed(dataset: string, model: string): InputError {
  return new InputError('the owner has not allowed this model on this dataset', {
    where: `model ${model.slice(0, 12)}, dataset ${dataset.slice(0, 12)}`,
    hint: `ciphernet allow --dataset ${dataset} --model ${model}`,
  });
}
