import { elementAt } from '@ciphernet/foundation';
import type { OnnxNode } from '@ciphernet/formats';
import type { Constant } from './constants.js';
import type { ChannelFunction, GraphNode, Operation, ValueShape } from './graph.js';
import { refuse } from './refusal.js';

/** A value that depends on the input, while a graph is read. */
export interface Data {
  readonly kind: 'data';
  /** The node that makes it. */
  readonly node: number;
  /** As ONNX has it, without the batch. */
  readonly dims: readonly number[];
  /** Where an image's channels are in `dims`: in front, or behind. */
  readonly order: 'planes' | 'rows';
  /** Where it is a function of an earlier node's value, element by element: that node and the function. */
  readonly elementwise?: { readonly base: number; readonly functionOf: ChannelFunction };
}

export type Value = Constant | Data;

/** Values that one node may have, and nodes of a network: bounds memory and time before anything is computed. */
const MOST_VALUES = 2 ** 20;
const MOST_NODES = 2000;

/** A network that is being read. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];

  /** Appends a node. @returns its place */
  append(
    node: OnnxNode | { name: string; operator: string },
    operation: Operation,
    from: readonly number[],
    shape: ValueShape,
  ): number {
    const size = shape.height * shape.width * shape.channels;
    if (!(size >= 1 && size <= MOST_VALUES) || this.nodes.length >= MOST_NODES) {
      refuse(
        `node ${this.nodes.length} with ${size} values`,
        `at most ${MOST_NODES} nodes of ${MOST_VALUES} values are converted; use a smaller input or fewer layers`,
      );
    }
    return this.nodes.push({ name: node.name, operator: node.operator, operation, from, shape }) - 1;
  }

  at(value: Data): GraphNode {
    return elementAt(this.nodes, value.node);
  }
}

/** One ONNX operator with what it reads. */
export interface Call {
  readonly node: OnnxNode;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly builder: GraphBuilder;
}

/** Appends what an operator does. @returns the value of its first output */
export type Reader = (call: Call) => Value;

/** The input that depends on data. */
export function dataInput(call: Call, index = 0): Data {
  const value = call.inputs[index];
  if (value?.kind === 'data') return value;
  return refuse(`its input ${index} does not depend on the data`, 'export the model again, with constants folded');
}

/** An input that has to be the same for every example. */
export function constantInput(call: Call, index: number, what: string): Constant {
  const value = call.inputs[index];
  if (value?.kind === 'constant') return value;
  return refuse(
    `its ${what} ${value === undefined ? 'is missing' : 'depends on the data'}`,
    `export it with a fixed ${what}`,
  );
}

export function optionalConstant(call: Call, index: number, what: string): Constant | undefined {
  return call.inputs[index] === undefined ? undefined : constantInput(call, index, what);
}

export function numberOf({ node }: Call, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'number' ? attribute.value : fallback;
}

export function numbersOf({ node }: Call, name: string): readonly number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'numbers' ? attribute.value : undefined;
}

export function textOf({ node }: Call, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'text' ? attribute.value : fallback;
}

/** Numbers of an attribute, or of the input that later versions have in its place. */
export function listOf(call: Call, name: string, index: number): readonly number[] | undefined {
  const constant = optionalConstant(call, index, name);
  return constant === undefined ? numbersOf(call, name) : Array.from(constant.values);
}

/** Shape of an image by ONNX's dimensions. */
export function imageShape(dims: readonly number[], order: Data['order']): ValueShape {
  const [a = 1, b = 1, c = 1] = dims;
  const [channels, height, width] = order === 'planes' ? [a, b, c] : [c, a, b];
  return { height, width, channels, isFlat: false };
}

export function flatShape(values: number): ValueShape {
  return { height: 1, width: 1, channels: values, isFlat: true };
}

export function sizeOfDims(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** @throws ConversionRefusal for a value that is no image with its channels in front */
export function expectImage({ builder }: Call, value: Data): ValueShape {
  const { shape } = builder.at(value);
  if (!shape.isFlat && value.order === 'planes') return shape;
  return refuse(
    `it reads values of shape ${value.dims.join('×')}, not an image of channels × height × width`,
    'convolutions and pooling over two dimensions are converted',
  );
}

/** Constants as one a channel of `value`. @throws ConversionRefusal for those that differ between positions */
export function perChannel({ builder }: Call, { dims, values }: Constant, value: Data): Float32Array {
  const { channels, isFlat } = builder.at(value).shape;
  if (values.length === 1) return new Float32Array(channels).fill(elementAt(values, 0));
  // Broadcasting counts from the last dimension.
  const fromEnd = isFlat || value.order === 'rows' ? 1 : 3;
  const axis = dims.length - fromEnd;
  const fits =
    values.length === channels && axis >= 0 && dims[axis] === channels && (!isFlat || value.dims.length === 1);
  if (fits) return Float32Array.from(values);
  return refuse(
    `a constant of shape ${dims.join('×')} on values of ${value.dims.join('×')}`,
    'use one number, or one a channel',
  );
}
