export {
  type Consent,
  type EvaluationRequestRecord,
  allow,
  isAllowed,
  keepRequest,
  notAllowed,
  readConsent,
  readRequests,
} from './consent.js';
export { type DatasetRecord, readDatasetRecord, readDatasetRecords, writeDatasetRecord } from './dataset-record.js';
export { type Outcome, outcomeFolder, readOutcome, writeRefusal } from './outcome.js';
export { type OwnerConfiguration, loadOwnerConfiguration } from './owner-configuration.js';
export { type Quarantine, readQuarantine, recordForgery, releaseWorker, unlockDataset } from './quarantine.js';
