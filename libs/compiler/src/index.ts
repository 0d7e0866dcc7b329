export { MISS_BITS, missLog2, positionsPerPrime } from './audit-positions.js';
export { type Calibration, calibrate } from './calibrate.js';
export { circuitFromJson, circuitToJson } from './circuit-json.js';
export { type Block, type Circuit, type LinearMap, largestWeight, multiplicationsOf, squaresOf } from './circuit.js';
export { type ClientSide, type Packing, clientPart, clientSideFromJson, clientSideToBytes } from './client-side.js';
export { type Compilable, compile, compileCircuit } from './compile.js';
export { type CompiledCircuit, compiledFromJson, compiledToBytes, planOfCompiled } from './compiled.js';
export { createEvaluator, evaluateCircuit } from './evaluate-circuit.js';
export { type PlanCost, costOf, explainPlan, uploadBytesPerValue } from './explain.js';
export { lower } from './lower.js';
export { foldInput } from './fold-input.js';
export { type MapPlan, type Plan, deriveScales, gapBits, planFromJson } from './plan.js';
export { type PlanOptions, DEFAULT_TARGET_ERROR, planCircuit } from './planner.js';
export {
  type IntegerBlock,
  type IntegerMap,
  type QuantisedCircuit,
  MAX_WEIGHT_BITS,
  MIN_WEIGHT_BITS,
  dequantise,
  quantise,
  scaleForBits,
} from './quantise.js';
export { type ProductLayout, productCoefficients, productLayout } from './products/layout.js';
export { type ProductPlan, planProducts } from './products/plan-products.js';
export { type QuadraticForms, quadraticForms } from './products/quadratic-form.js';
export { weightPolynomial } from './products/weights.js';
export { basisFromBytes, basisToBytes } from './rounding-bytes.js';
export { type MapRounding, type RoundingBasis, roundingBasis } from './rounding.js';
export { type NormalSource, simulateCircuit } from './simulate.js';
export { type ImportedCircuit, circuitFromOnnx } from './symbolic/circuit-from-onnx.js';
export type { Head } from './symbolic/head.js';
export { type OnnxInterface, interfaceOfOnnx } from './symbolic/interface.js';
