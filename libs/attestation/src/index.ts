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
  type Progress,
  type WorkerTrust,
  acceptedCompilation,
  acceptedComputation,
  acceptedProgress,
  signAnswer,
  signCompilation,
  signComputation,
  signProgress,
  verifyAnswer,
} from './worker-statements.js';
