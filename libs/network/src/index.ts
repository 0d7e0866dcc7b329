export { type Padding, type Shape, sizeOf, slide } from './shape.js';
export type { Layer, Network } from './layers.js';
export { shapesOf } from './output-shape.js';
export { type Block, type Circuit, type LinearMap, largestWeight, multiplicationsOf, squaresOf } from './circuit.js';
export { lower } from './lower.js';
export {
  type InputTransform,
  NO_TRANSFORM,
  applyTransform,
  inputTransformSchema,
  transformName,
  transformedShape,
} from './transform.js';
export { evaluateNetwork } from './evaluate-network.js';
export { applyMap, evaluateCircuit, traceCircuit } from './evaluate-circuit.js';
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
export { type MapRounding, type RoundingBasis, roundingBasis } from './rounding.js';
export { type Calibration, calibrate } from './calibrate.js';
export { fractionEqual, predictionsOf } from './predictions.js';
export { type LayersModelArtifact, type WeightSpec, networkFromLayersModel } from './layers-model.js';
export { circuitFromJson, circuitToJson } from './circuit-json.js';
