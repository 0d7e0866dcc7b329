export { type Engine, type EngineCapabilities, type EvaluateOptions, assertEvaluable } from './engine.js';
export { engineNamed } from './engines.js';
export { type ShardFile, evaluateFile } from './evaluate-file.js';
export { shareCoreCounter } from './wasm/cores.js';
export { startHelpers } from './wasm/helpers.js';
export { type PositionEvaluator, createPositionEvaluator } from './wasm/positions.js';
export { type Kernels, BLOCK_BYTES, PAIR_BYTES, createKernels } from './wasm/kernels.js';
