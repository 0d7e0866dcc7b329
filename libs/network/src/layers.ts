import type { Padding } from './shape.js';

// The one vocabulary of layers. A *topology* is a layer without weights: what is described, shaped, costed and trained. A
// *layer* adds its name and weights: what is evaluated in the clear and compiled.

/** A convolution with a bias a filter. */
export interface Conv2dTopology {
  readonly kind: 'conv2d';
  readonly filters: number;
  /** Height, width. */
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
}

/** A full linear map of flat values, with a bias a unit. */
export interface DenseTopology {
  readonly kind: 'dense';
  readonly units: number;
}

/** Mean over windows; at a border with padding the mean is over the elements that exist, as in TensorFlow. */
export interface AveragePoolTopology {
  readonly kind: 'averagePool';
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
}

/** Height × width × channels become so many channels of one position; no value moves. */
export interface FlattenTopology {
  readonly kind: 'flatten';
}

/** A normalisation of each channel by its mean and variance. */
export interface BatchNormTopology {
  readonly kind: 'batchNorm';
}

/** y = x². */
export interface SquareTopology {
  readonly kind: 'square';
}

/** y = a·x² + b·x + c. */
export interface PolynomialTopology {
  readonly kind: 'polynomial';
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Zeroes a share of the units while training; nothing of it is left in a network. */
export interface DropoutTopology {
  readonly kind: 'dropout';
  /** Share that is zeroed, 0 to 1. */
  readonly rate: number;
}

/** Every kind that a trained network is made of; dropout exists while training only. */
export type NetworkTopology =
  | Conv2dTopology
  | DenseTopology
  | AveragePoolTopology
  | FlattenTopology
  | BatchNormTopology
  | SquareTopology
  | PolynomialTopology;

/** Every kind that is described and trained. */
export type LayerTopology = NetworkTopology | DropoutTopology;

interface Named {
  readonly name: string;
}

/** Weights in TensorFlow's order: kernel height, kernel width, input channels, filters. */
export interface Conv2dLayer extends Conv2dTopology, Named {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Weights in TensorFlow's order: inputs, units. */
export interface DenseLayer extends DenseTopology, Named {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** See {@link AveragePoolTopology}; it has no weights. */
export interface AveragePoolLayer extends AveragePoolTopology, Named {}

/** y = x · factor + offset for each channel: γ / √(σ² + ε) and β − μ · factor of a trained batch normalisation. */
export interface BatchNormLayer extends BatchNormTopology, Named {
  readonly factor: Float32Array;
  readonly offset: Float32Array;
}

/** See {@link FlattenTopology}; it has no weights. */
export interface FlattenLayer extends FlattenTopology, Named {}
/** See {@link SquareTopology}; it has no weights. */
export interface SquareLayer extends SquareTopology, Named {}
/** See {@link PolynomialTopology}; it has no weights. */
export interface PolynomialLayer extends PolynomialTopology, Named {}

/** A layer with its name and weights. */
export type Layer =
  Conv2dLayer | DenseLayer | AveragePoolLayer | FlattenLayer | BatchNormLayer | SquareLayer | PolynomialLayer;
