export { type Dataset, type Split, sliceExamples, takeExamples, toUnitRange } from './dataset.js';
export { parseIdx } from './idx.js';
export { readFolder } from './folder.js';
export { type LoadOptions, NAMED_DATASETS, loadDataset } from './load.js';
