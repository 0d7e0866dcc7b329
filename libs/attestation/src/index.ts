export {
  type Attestation,
  MOST_SAMPLED,
  signAttestation,
  signedAttestationSchema,
  verifyAttestation,
} from './attestation.js';
export { type Owned, type Ownership, signOwnership, verifyOwnership } from './ownership.js';
export {
  type SignedStatement,
  type StatementKind,
  publicKeySchema,
  signStatement,
  signedStatementOf,
  signedStatementSchema,
  verifyStatement,
} from './signed-statement.js';
export {
  type Answer,
  type Compilation,
  type Computation,
  type WorkerTrust,
  acceptedCompilation,
  acceptedComputation,
  signAnswer,
  signCompilation,
  signComputation,
  verifyAnswer,
} from './worker-statements.js';
