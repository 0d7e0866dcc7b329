export { type ModelRecord } from './record.js';
export { type ModelFolder, modelFolders, readModelFolder } from './import-folder.js';
export { type Model, type ModelOrigin, loadModel, saveModel } from './model-store.js';
export { compileForDataset, compileModel, ensureCompiled } from './compile.js';
