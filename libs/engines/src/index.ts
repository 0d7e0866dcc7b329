export { type Engine, type EngineCapabilities, type EvaluateOptions, assertEvaluable } from './engine.js';
export { type ChosenEngine, chooseEngine, thisMachine } from './choose-engine.js';
export { engineNamed } from './engines.js';
export { shareCoreCounter } from './wasm/cores.js';
export { type PositionEvaluator, createPositionEvaluator } from './wasm/positions.js';
export { type Kernels, BLOCK_BYTES, PAIR_BYTES, createKernels } from './wasm/kernels.js';
export { type Gpu, openGpu } from './webgpu/device.js';
export { createWebgpuEngine } from './webgpu/engine.js';
export { loadMeasurements } from './measurements.js';
