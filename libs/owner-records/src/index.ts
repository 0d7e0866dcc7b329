export { type DatasetRecord, readDatasetRecord, writeDatasetRecord } from './dataset-record.js';
