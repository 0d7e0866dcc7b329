export { type BackendName, type SelectedBackend, selectBackend } from './backend.js';
export { type Augmentation, MNIST_AUGMENTATION, affineElastic, flipShift } from './augment.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
export { type BatchProgress, type EpochReport, type Recipe, RECIPE } from './recipe.js';
export { type TrainModelOptions, type TrainedEpoch, trainModel } from './train-model.js';
export { type ModelSpec, MODEL_NAMES, modelSpec } from './zoo.js';
