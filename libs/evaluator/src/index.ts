export { type Engine, type EvaluateOptions, assertEvaluable } from './engine.js';
export { DEFAULT_ENGINE, ENGINE_NAMES, engineNamed } from './engines.js';
