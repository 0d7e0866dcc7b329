/** Names of ONNX's element types, as its documentation and numpy write them. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

/** A constant tensor, row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: ElementType;
  /** One an element; integers beyond 2^53 are rounded; empty for strings. */
  readonly values: Float32Array | Float64Array;
  /** Of a tensor of strings only: one an element. */
  readonly texts?: readonly string[];
}

export type OnnxAttribute =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'numbers'; readonly value: readonly number[] }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'texts'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  /** A graph (of a loop or a branch), a sparse tensor or a type: read by nothing here. */
  | { readonly kind: 'other' };

export type OnnxDomain = '' | 'ai.onnx.ml';

export interface OnnxNode {
  /** Its own name, or its first output's when it has none. */
  readonly name: string;
  readonly operator: string;
  readonly domain: OnnxDomain;
  /** Names of values; empty for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input or output of the graph. */
export interface OnnxPort {
  readonly name: string;
  readonly kind: 'tensor' | 'sequence' | 'map' | 'other';
  /** Element type of a tensor; undefined when the file does not say, or one that has no name here. */
  readonly type?: ElementType;
  /** One a dimension: its size, or undefined where it is left open. Undefined as a whole when the rank is not said. */
  readonly shape?: readonly (number | undefined)[];
}

/** A checked graph: names are unique, every value is made before it is used, and there is no cycle. */
export interface OnnxGraph {
  readonly name: string;
  /** Version of the operators of the domain ai.onnx. */
  readonly opset: number;
  /** Without those that only repeat an initialiser's name. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly initialisers: ReadonlyMap<string, OnnxTensor>;
  /** In an order in which they can be computed. */
  readonly nodes: readonly OnnxNode[];
}

/** A model file. */
export interface OnnxFile {
  readonly graph: OnnxGraph;
  /** The program that wrote it, such as `pytorch 2.9.0`; empty when it does not say. */
  readonly producer: string;
  /** What its author wrote beside the graph: texts by names. */
  readonly metadata: ReadonlyMap<string, string>;
}
