export { assertReads, circuitBytes, compileForDataset, compileModel, ensureCompiled } from './compile.js';
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
export { CONVERTED_FROM, digestOfParts } from './own/converted.js';
export { type InterpretedModel, type PlainRuntime, interpretModel } from './own/interpret.js';
export type { ModelPart, ModelSource } from './own/model-source.js';
export { openOnnxRuntime } from './own/onnx-runtime.js';
export { openedWhenUsed } from './own/opened-when-used.js';
export { saveOwnModel } from './own/own-model.js';
export { assertTakesPixels } from './own/takes-pixels.js';
export { readModelFile } from './own/read-model-file.js';
export { type ImportedOwnModel, type OwnCalibration, importOwnModel } from './own/import-own-model.js';
export { type ModelRecord, trainingOf } from './record.js';
