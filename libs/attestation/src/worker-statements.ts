import { digestSchema } from '@ciphernet/foundation';
import { type Identity, identityFingerprint } from '@ciphernet/identity';
import { z } from 'zod';
import { aboutResult } from './about-result.js';
import {
  type SignedStatement,
  type StatementKind,
  publicKeySchema,
  signStatement,
  verifyStatement,
} from './signed-statement.js';

const common = { version: z.literal(1), worker: publicKeySchema };

const answerSchema = z
  .strictObject({
    format: z.literal('ciphernet-answer'),
    ...common,
    ...aboutResult,
    engine: z.string().max(80),
  })
  .readonly();
/** What a worker answers an infer job with: this result, for this shard of this evaluation. */
export type Answer = z.infer<typeof answerSchema>;

const computationSchema = z
  .strictObject({
    format: z.literal('ciphernet-computation'),
    ...common,
    shardDigest: digestSchema,
    compiled: digestSchema,
    engine: z.string().max(80),
    result: digestSchema,
    bytes: z.number().int().positive(),
    seconds: z.number().nonnegative(),
  })
  .readonly();
/** What the store remembers of a result, so that the work is not done again. */
export type Computation = z.infer<typeof computationSchema>;

const compilationSchema = z
  .strictObject({
    format: z.literal('ciphernet-compilation'),
    ...common,
    /** Of model, parameters, scale, mode, transform and compiler. */
    key: digestSchema,
    compiled: digestSchema,
  })
  .readonly();
/** What the store remembers of a compiled circuit. */
export type Compilation = z.infer<typeof compilationSchema>;

const progressSchema = z
  .strictObject({
    format: z.literal('ciphernet-progress'),
    ...common,
    /** Of what kind of run, and its name. */
    of: z.string().min(1).max(200),
    /** SHA-256 of what the store keeps of it. */
    state: digestSchema,
  })
  .readonly();
/** How far a run is that the store remembers, so that a killed job goes on where it was. */
export type Progress = z.infer<typeof progressSchema>;

type Said<Statement> = Omit<Statement, 'format' | 'version' | 'worker'>;

const ANSWER: StatementKind<Answer> = { format: 'ciphernet-answer', schema: answerSchema, signer: 'worker' };
const COMPUTATION: StatementKind<Computation> = {
  format: 'ciphernet-computation',
  schema: computationSchema,
  signer: 'worker',
};
const COMPILATION: StatementKind<Compilation> = {
  format: 'ciphernet-compilation',
  schema: compilationSchema,
  signer: 'worker',
};

const PROGRESS: StatementKind<Progress> = { format: 'ciphernet-progress', schema: progressSchema, signer: 'worker' };

/** Signs a worker's answer to an infer job. */
export const signAnswer = (said: Said<Answer>, identity: Identity): SignedStatement =>
  signStatement(ANSWER, said, identity);

/** Reads an answer whose signature is its worker's. @throws InputError or IntegrityError naming `where` */
export const verifyAnswer = (signed: SignedStatement, where: string): Answer => verifyStatement(ANSWER, signed, where);

/** A worker's key, and whose work it takes from the store for its own: everybody can write there. */
export interface WorkerTrust {
  readonly identity: Identity;
  /** Fingerprints of other workers. */
  readonly accepted: readonly string[];
}

/** True for the worker's own statements and those of workers that it accepts. */
function isAccepted({ identity, accepted }: WorkerTrust, worker: string): boolean {
  return worker === identity.publicKey || accepted.includes(identityFingerprint(worker));
}

/** Verified and of an accepted worker; undefined for anything else: then the work is done again. */
function accepted<Statement extends { readonly worker: string }>(
  kind: StatementKind<Statement>,
  signed: SignedStatement | undefined,
  trust: WorkerTrust,
): Statement | undefined {
  if (signed === undefined) return undefined;
  try {
    const said = verifyStatement(kind, signed, kind.format);
    return isAccepted(trust, said.worker) ? said : undefined;
  } catch {
    return undefined;
  }
}

export const signComputation = (said: Said<Computation>, { identity }: WorkerTrust): SignedStatement =>
  signStatement(COMPUTATION, said, identity);

/** What the store says of a result, where a worker that is accepted said it. */
export const acceptedComputation = (signed: SignedStatement | undefined, trust: WorkerTrust): Computation | undefined =>
  accepted(COMPUTATION, signed, trust);

export const signCompilation = (said: Said<Compilation>, { identity }: WorkerTrust): SignedStatement =>
  signStatement(COMPILATION, said, identity);

/** What the store says of a compiled circuit, where a worker that is accepted said it. */
export const acceptedCompilation = (signed: SignedStatement | undefined, trust: WorkerTrust): Compilation | undefined =>
  accepted(COMPILATION, signed, trust);

export const signProgress = (said: Said<Progress>, { identity }: WorkerTrust): SignedStatement =>
  signStatement(PROGRESS, said, identity);

/** What the store says of a run, where a worker that is accepted said it. */
export const acceptedProgress = (signed: SignedStatement | undefined, trust: WorkerTrust): Progress | undefined =>
  accepted(PROGRESS, signed, trust);
