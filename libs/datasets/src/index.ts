export { type Dataset, type Split, sliceExamples, takeExamples } from './dataset.js';
export { toFeatures } from './features.js';
export { readFolder } from './folder.js';
export { type LoadOptions, NAMED_DATASETS, loadDataset } from './load.js';
export {
  type InputTransform,
  NO_TRANSFORM,
  applyTransform,
  inputTransformSchema,
  transformName,
  transformedShape,
} from './transform.js';
