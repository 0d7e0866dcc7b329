export { compileForDataset, compileModel, ensureCompiled } from './compile.js';
export { type ImportedModel, importModels } from './import-models.js';
export { type Model, type ModelOrigin, type PublicExamples, loadModel, saveModel } from './model-store.js';
export type { ModelRecord } from './record.js';
