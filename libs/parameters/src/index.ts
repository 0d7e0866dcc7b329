export {
  type CkksParameters,
  assertSecure,
  createParameters,
  describeParameters,
  parametersDigest,
  parametersFromJson,
  securityOfParameters,
  slotsOf,
} from './ckks-parameters.js';
export { createModuli, isPrime } from './primes.js';
export { type SecurityStatement, MAX_LOG_QP_128 } from './security.js';
export { type EncryptionMode, componentsAfter, freshNoise, rescaleNoise } from './noise.js';
export { type MapPlan, type Plan, deriveScales, planFromJson } from './plan.js';
export { type PlanOptions, DEFAULT_TARGET_ERROR, planCircuit } from './planner.js';
export { type CompiledCircuit, compileCircuit, compiledFromJson, compiledToBytes } from './compiled.js';
export { type NormalSource, simulateCircuit } from './simulate.js';
export { type PlanCost, costOf, explainPlan, uploadBytesPerValue } from './explain.js';
