import { bytesField, floatField, integerField, messageField, packedIntegers, textField } from './write-wire.js';

/** A value of an attribute. ONNX tells whole numbers from others, so it is said which. */
export type WrittenAttribute =
  | { readonly integer: number }
  | { readonly float: number }
  | { readonly integers: readonly number[] }
  | { readonly texts: readonly string[] };

/** A node to write. */
export interface WrittenNode {
  readonly name: string;
  readonly operator: string;
  readonly domain?: 'ai.onnx.ml';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, WrittenAttribute>>;
}

/** A constant of float32, row-major; of int64 where it is a shape. */
export interface WrittenConstant {
  readonly dims: readonly number[];
  readonly values: Float32Array | { readonly integers: readonly number[] };
}

/** A tensor of float32 that goes in or out; the batch is open and not named. */
export interface WrittenPort {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
}

/** A model to write: one input, float32 throughout. */
export interface WrittenModel {
  readonly name: string;
  readonly producer: string;
  readonly input: WrittenPort;
  /** Tensors; one without a shape is a sequence of maps, as `ZipMap` makes it, whose type readers infer. */
  readonly outputs: readonly (WrittenPort | { readonly name: string })[];
  readonly constants: ReadonlyMap<string, WrittenConstant>;
  /** In an order in which they can be computed. */
  readonly nodes: readonly WrittenNode[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** What the operators that are written here need: batch normalisation and Dropout have their form of today since 14 and 13. */
const OPSET = 15;
const IR_VERSION = 8;
const ML_OPSET = 2;

/** TensorProto.DataType. */
const FLOAT = 1;
const INT64 = 7;

/** AttributeProto.AttributeType, and the field that its value is in. */
function attribute(name: string, value: WrittenAttribute): Uint8Array {
  const typed = (type: number, fields: readonly Uint8Array[]): Uint8Array =>
    messageField(5, [textField(1, name), ...fields, integerField(20, type)]);
  if ('float' in value) return typed(1, [floatField(2, value.float)]);
  if ('integer' in value) return typed(2, [integerField(3, value.integer)]);
  if ('integers' in value) return typed(7, [packedIntegers(8, value.integers)]);
  return typed(
    8,
    value.texts.map((text) => textField(9, text)),
  );
}

function node({ name, operator, domain, inputs, outputs, attributes = {} }: WrittenNode): Uint8Array {
  return messageField(1, [
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, operator),
    ...Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    ...(domain === undefined ? [] : [textField(7, domain)]),
  ]);
}

function constant(name: string, { dims, values }: WrittenConstant): Uint8Array {
  const isReal = values instanceof Float32Array;
  const raw = isReal ? values : BigInt64Array.from(values.integers.map(BigInt));
  return messageField(5, [
    packedIntegers(1, dims),
    integerField(2, isReal ? FLOAT : INT64),
    textField(8, name),
    bytesField(9, new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)),
  ]);
}

function port(number: number, { name, ...rest }: WrittenPort | { readonly name: string }): Uint8Array {
  if (!('shape' in rest)) return messageField(number, [textField(1, name)]);
  const open = messageField(1, [textField(2, 'batch')]);
  const sizes = rest.shape.map((size) => messageField(1, [integerField(1, size)]));
  const tensor = messageField(1, [integerField(1, FLOAT), messageField(2, [open, ...sizes])]);
  return messageField(number, [textField(1, name), messageField(2, [tensor])]);
}

/** The bytes of a model (ModelProto of onnx.proto, IR version 8, opset 15). The same model always gives the same bytes. */
export function onnxToBytes(model: WrittenModel): Uint8Array {
  const graph = messageField(7, [
    ...model.nodes.map(node),
    textField(2, model.name),
    ...[...model.constants].map(([name, value]) => constant(name, value)),
    port(11, model.input),
    ...model.outputs.map((output) => port(12, output)),
  ]);
  const opset = (domain: string, version: number): Uint8Array =>
    messageField(8, [textField(1, domain), integerField(2, version)]);
  const usesEstimators = model.nodes.some(({ domain }) => domain !== undefined);
  return new Uint8Array(
    Buffer.concat([
      integerField(1, IR_VERSION),
      textField(2, model.producer),
      graph,
      opset('', OPSET),
      ...(usesEstimators ? [opset('ai.onnx.ml', ML_OPSET)] : []),
      ...[...model.metadata].map(([key, value]) => messageField(14, [textField(1, key), textField(2, value)])),
    ]),
  );
}

/**
 * A model with one value of its graph as an output more: what stands twice in protobuf is merged, so that an output
 * (field 12) of a graph (field 7) is appended to the bytes.
 */
export function onnxWithOutput(bytes: Uint8Array, name: string): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes, messageField(7, [messageField(12, [textField(1, name)])])]));
}
