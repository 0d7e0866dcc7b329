import type { Padding, Shape } from './shape.js';

/** Weights in TensorFlow's order: kernel height, kernel width, input channels, filters. */
export interface Conv2dLayer {
  readonly kind: 'conv2d';
  readonly name: string;
  readonly filters: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Weights in TensorFlow's order: inputs, units. */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly units: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Mean over windows; at a border with padding the mean is over the elements that exist, as in TensorFlow. */
export interface AveragePoolLayer {
  readonly kind: 'averagePool';
  readonly name: string;
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
}

export interface FlattenLayer {
  readonly kind: 'flatten';
  readonly name: string;
}

/** y = x · factor + offset for each channel: γ / √(σ² + ε) and β − μ · factor of a trained batch normalisation. */
export interface BatchNormLayer {
  readonly kind: 'batchNorm';
  readonly name: string;
  readonly factor: Float32Array;
  readonly offset: Float32Array;
}

export interface SquareLayer {
  readonly kind: 'square';
  readonly name: string;
}

/** y = a·x² + b·x + c. */
export interface PolynomialLayer {
  readonly kind: 'polynomial';
  readonly name: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export type Layer =
  Conv2dLayer | DenseLayer | AveragePoolLayer | FlattenLayer | BatchNormLayer | SquareLayer | PolynomialLayer;

/** A feed-forward network with its weights: what is trained, evaluated in the clear, and lowered to a circuit. */
export interface Network {
  readonly name: string;
  readonly input: Shape;
  readonly layers: readonly Layer[];
}
