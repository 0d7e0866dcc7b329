export { type Asked, assertAsked, keepAsked } from './asked.js';
export {
  type Consent,
  type ConsentLocation,
  allow,
  findConsent,
  isAllowed,
  notAllowed,
  runOf,
  signOldConsent,
  termsOf,
} from './consent.js';
export { sameExamples, spendEvaluation, spentEvaluations } from './consent-budget.js';
export { type DatasetRecord, readDatasetRecord, readDatasetRecords, writeDatasetRecord } from './dataset-record.js';
export { type EncodedRecord, readEncodedRecord, writeEncodedRecord } from './encoded-record.js';
export { type OutputsHeader, type KeptOutputs, assertKeepable, openOutputs, sealOutputs } from './kept-outputs.js';
export {
  type KeptListing,
  deleteKeptOutputs,
  listKeptOutputs,
  readKeptOutputs,
  writeKeptOutputs,
} from './kept-outputs-files.js';
export { type Outcome, outcomeFolder, readOutcome, writePredictions, writeRefusal } from './outcome.js';
export { defaultKeysFolder } from './keys-folder.js';
export { type OwnerConfiguration, loadOwnerConfiguration } from './owner-configuration.js';
export { examplesOfRecord } from './record-examples.js';
export { openOwnerIdentity } from './owner-identity.js';
export { type Quarantine, readQuarantine, recordForgery, releaseWorker, unlockDataset } from './quarantine.js';
export { type EvaluationRequestRecord, keepRequest, readRequests } from './requests.js';
export { MOST_AUDITS, NO_TERMS, type Terms } from './terms.js';
