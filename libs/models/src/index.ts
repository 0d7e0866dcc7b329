export { circuitBytes, compileForDataset, compileModel, ensureCompiled } from './compile.js';
export { type ImportedModel, importModels } from './import-models.js';
export {
  type Model,
  type ModelAnswers,
  type ModelOrigin,
  type PublicExamples,
  checkModel,
  loadModel,
  saveModel,
} from './model-store.js';
export {
  type ModelKey,
  createModelKey,
  isSealed,
  modelBlobs,
  modelKeyFrom,
  openModelKey,
  readModelKey,
} from './model-key.js';
export type { PlainModel } from './plain-model.js';
export { type ImportedOwnModel, type OwnCalibration, importOwnModel } from './own/import-own-model.js';
export { type ModelRecord, trainingOf } from './record.js';
