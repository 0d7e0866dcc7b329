export { type ModelRecord } from './record.js';
export { type Model, type ModelOrigin, artifactFromFiles, loadModel, saveModel } from './model-store.js';
export { compileForDataset, ensureCompiled } from './compile.js';
