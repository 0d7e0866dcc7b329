export { type Engine, type EngineCapabilities, type EvaluateOptions, assertEvaluable } from './engine.js';
export { engineNamed } from './engines.js';
export { shareCoreCounter } from './wasm/cores.js';
export { type PositionEvaluator, createPositionEvaluator } from './wasm/positions.js';
export { type Kernels, BLOCK_BYTES, PAIR_BYTES, createKernels } from './wasm/kernels.js';
