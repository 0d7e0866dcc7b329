export { evaluateNetwork } from './evaluate-network.js';
export {
  type InputTransform,
  NO_TRANSFORM,
  applyTransform,
  inputTransformSchema,
  transformName,
  transformedShape,
} from './input-transform.js';
export type {
  AveragePoolTopology,
  BatchNormTopology,
  Conv2dTopology,
  DenseTopology,
  DropoutTopology,
  FlattenTopology,
  Layer,
  LayerTopology,
  NetworkTopology,
  PolynomialTopology,
  SquareTopology,
} from './layers.js';
export { type Network, shapesOf } from './network.js';
export { outputShape } from './output-shape.js';
export { fractionEqual, predictionsOf } from './predictions.js';
export { type Axis, type Padding, type Shape, sizeOf, slide } from './shape.js';
