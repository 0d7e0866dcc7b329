export { type DatasetRecord, readDatasetRecord, writeDatasetRecord } from './dataset-record.js';
export { type OwnerConfiguration, loadOwnerConfiguration } from './owner-configuration.js';
