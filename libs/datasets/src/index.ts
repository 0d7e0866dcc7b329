export { type Dataset, type Split, sliceExamples, takeExamples } from './dataset.js';
export { type Examples, type Slices, type Targets, examplesOf } from './examples.js';
export { type FeatureRows, rowsInMemory } from './feature-rows.js';
export { toFeatures } from './features.js';
export type { TaskKnowledge } from './own/choose-task.js';
export { type DataSummary, inspectOwnData } from './own/inspect.js';
export { isImages, loadOwnExamples } from './own/load-own.js';
export {
  type Preprocessing,
  affineOfFeatures,
  normalised,
  preprocessingDigest,
  preprocessingSchema,
  shapeOf,
  transformFor,
} from './own/preprocessing.js';
export { type WantedExamples, choosePreprocessing, readingForModel } from './own/own-data.js';
export { type DescribedTable, type OwnDataChoice, describeTable, ownFormatOf } from './own/plan-reading.js';
export { OWN_FORMATS, type OwnFormat, type OwnReading, ownReadingSchema } from './own/reading.js';
export { hasSplit, readFolder } from './folder.js';
export { loadPixelRows } from './pixel-rows.js';
export { type LoadOptions, NAMED_DATASETS, isOwnData, loadDataset } from './load.js';
export { type Task, outputsOf, targetsOf, taskSchema, taskText } from './task.js';
export {
  type InputTransform,
  NO_TRANSFORM,
  applyTransform,
  inputTransformSchema,
  transformName,
  transformedShape,
} from '@ciphernet/network';
