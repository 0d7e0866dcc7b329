export { circuitBytes, compileForDataset, compileModel, ensureCompiled } from './compile.js';
export { type ImportedModel, importModels } from './import-models.js';
export { type Model, type ModelOrigin, type PublicExamples, checkModel, loadModel, saveModel } from './model-store.js';
export {
  type ModelKey,
  createModelKey,
  isSealed,
  modelBlobs,
  modelKeyFrom,
  openModelKey,
  readModelKey,
} from './model-key.js';
export type { ModelRecord } from './record.js';
