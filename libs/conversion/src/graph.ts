import type { Shape } from '@ciphernet/network';

/** Shape of a value. An image is positions × channels, channels innermost; anything else is flat, with one position. */
export interface ValueShape extends Shape {
  readonly isFlat: boolean;
}

/** A function of one number, for each channel. */
export type ChannelFunction = (channel: number) => (x: number) => number;

/** Zeros around an image: before the first row, before the first column, after the last of each. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** A window that slides over an image; height, width. */
export interface Sliding {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: Pads;
}

/** Weights of a linear layer, in TensorFlow's order: window, inputs, outputs. */
export interface Weighted {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** False where what follows takes the mean off: then the bias is neither added nor trained. */
  readonly isBiased: boolean;
}

/** What a node computes of the values before it. */
export type Operation =
  | { readonly kind: 'input' }
  | ({ readonly kind: 'conv2d'; readonly filters: number } & Weighted & Sliding)
  | ({ readonly kind: 'dense'; readonly units: number } & Weighted)
  /** x · factor + offset, one a channel (of flat values: one each); constants, which are not trained. */
  | { readonly kind: 'affine'; readonly factor: Float32Array; readonly offset: Float32Array }
  /** Over the elements that exist: padding counts for nothing. */
  | ({ readonly kind: 'pool'; readonly statistic: 'mean' | 'max' } & Sliding)
  /** Over all positions of each channel; one position is left. */
  | { readonly kind: 'globalPool'; readonly statistic: 'mean' | 'max' }
  | { readonly kind: 'activation'; readonly functionOf: ChannelFunction }
  /** Of a converted network: normalisation of each channel, then a·z² + b·z + c of it (degree 2) or b·z + c. */
  | { readonly kind: 'polynomial'; readonly degree: 1 | 2 }
  /** Zeros around. */
  | { readonly kind: 'pad'; readonly pads: Pads }
  /** An image to flat values; ONNX counts them channel by channel (`channelsFirst`), TensorFlow position by position. */
  | { readonly kind: 'flatten'; readonly channelsFirst: boolean }
  | { readonly kind: 'unflatten'; readonly channelsFirst: boolean }
  | { readonly kind: 'add' }
  /** Along the channels. */
  | { readonly kind: 'concat' };

/** One step of a network. */
export interface GraphNode {
  /** Of the ONNX node that it comes from, or of what it was made for. */
  readonly name: string;
  readonly operator: string;
  readonly operation: Operation;
  /** Nodes whose values it reads, each before this one. */
  readonly from: readonly number[];
  /** Of its value. */
  readonly shape: ValueShape;
}

/** A feed-forward network: the first node is the input, the last one gives the scores, which are flat. */
export interface LayerGraph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
}

/** A network that is read, and how it was in its file. */
export interface Teacher extends LayerGraph {
  readonly input: {
    readonly name: string;
    /** Without the batch, in the file's order. */
    readonly shape: readonly number[];
    readonly layout: 'flat' | 'nchw' | 'nhwc';
  };
  /** What its file applies to the scores at last. */
  readonly link: 'softmax' | 'sigmoid' | 'identity' | 'score';
  /** Name of the value that its scores are. */
  readonly scores: string;
  /** Labels in the order of the scores, of classifiers that name them. */
  readonly classes?: readonly string[];
  readonly task: 'classification' | 'regression' | 'unknown';
  /** Nodes that do something while training only, and are left out. */
  readonly leftOut: readonly { readonly node: string; readonly operator: string }[];
}

/** Numbers that a node's weights, factors and functions are counted by. */
export function channelsOf({ shape }: Pick<GraphNode, 'shape'>): number {
  return shape.channels;
}

/** The places of a network's activations among its nodes, in their order. */
export function activationsOf({ nodes }: LayerGraph): number[] {
  return nodes.flatMap(({ operation }, i) => (operation.kind === 'activation' ? [i] : []));
}
