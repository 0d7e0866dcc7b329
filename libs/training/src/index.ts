export { augmentationFor } from './augmentation-policy.js';
export { type BackendName, type SelectedBackend, selectBackend } from './backend.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
export { type ModelCost, costOfModel } from './cost.js';
export { gaussian } from './random.js';
export type { BatchProgress, EpochReport, Recipe } from './recipe.js';
export { type TrainModelOptions, type TrainedEpoch, trainModel } from './train-model.js';
export { type ModelSpec, MODEL_NAMES, modelSpec, recipeFor } from './zoo.js';
