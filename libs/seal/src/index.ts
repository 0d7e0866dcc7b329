export type { Ciphertext, Evaluator, Plaintext } from 'node-seal';
export { constantPlaintext } from './constant-plaintext.js';
export { plaintextBytes } from './plaintext-bytes.js';
export {
  type SealResidues,
  ciphertextFromResidues,
  lowWords,
  residuesOfCiphertext,
  residuesOfSaved,
} from './seal-bytes.js';
export {
  type EvaluationSeal,
  type SealContext,
  createLevelContext,
  createSealContext,
  loadEvaluationSeal,
  parmsIdOf,
  restrictToEvaluation,
} from './seal-context.js';
export { nodeSealVersion } from './version.js';
