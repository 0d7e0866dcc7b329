import { type OnnxGraph, type WrittenConstant, type WrittenNode, onnxFromBytes, onnxToBytes } from '@ciphernet/formats';
import { stream } from '@ciphernet/training';
import * as ort from 'onnxruntime-web';

/** A network of one input `x` and one output `y`. */
export interface GraphPlan {
  /** Without the batch. */
  readonly input: readonly number[];
  /** Scores an example. */
  readonly outputs?: number;
  readonly nodes: readonly WrittenNode[];
  readonly constants?: Readonly<Record<string, WrittenConstant>>;
}

/** Repeatable numbers of about ±1. */
export function noise(count: number, seed: number): Float32Array {
  const random = stream(seed, 'noise', 0);
  return Float32Array.from({ length: count }, () => random.normal());
}

/** A constant of noise, as large as weights of so many inputs are. */
export function weights(dims: readonly number[], seed: number, fanIn = 1): WrittenConstant {
  const size = dims.reduce((product, side) => product * side, 1);
  return { dims, values: noise(size, seed).map((value) => value / Math.sqrt(fanIn)) };
}

export function reals(dims: readonly number[], values: readonly number[]): WrittenConstant {
  return { dims, values: Float32Array.from(values) };
}

export function shape(...integers: number[]): WrittenConstant {
  return { dims: [integers.length], values: { integers } };
}

/** A node whose output has its name. */
export function node(
  name: string,
  operator: string,
  inputs: readonly string[],
  attributes: NonNullable<WrittenNode['attributes']> = {},
): WrittenNode {
  return { name, operator, inputs, outputs: [name], attributes };
}

export function bytesOf({ input, outputs = 2, nodes, constants = {} }: GraphPlan): Uint8Array {
  return onnxToBytes({
    name: 'graph',
    producer: 'test',
    input: { name: 'x', shape: input },
    outputs: [{ name: 'y', shape: [outputs] }],
    constants: new Map(Object.entries(constants)),
    nodes,
    metadata: new Map(),
  });
}

export function graphOf(plan: GraphPlan): OnnxGraph {
  return onnxFromBytes(bytesOf(plan), 'test.onnx').graph;
}

/** What ONNX Runtime says of `count` examples, as they stand in the file: channels in front. */
export async function runOnnx(
  bytes: Uint8Array,
  input: readonly number[],
  values: Float32Array,
): Promise<Float32Array> {
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const size = input.reduce((product, side) => product * side, 1);
  const fed = { [session.inputNames[0] ?? 'x']: new ort.Tensor('float32', values, [values.length / size, ...input]) };
  const results = await session.run(fed);
  return Float32Array.from(results[session.outputNames[0] ?? 'y']?.data as Float32Array);
}

/** Images with channels in front as this program reads them: channels innermost. */
export function channelsLast(
  values: Float32Array,
  [channels = 1, height = 1, width = 1]: readonly number[],
): Float32Array {
  const area = height * width;
  const size = area * channels;
  return values.map((_, i) => {
    const [example, at] = [Math.floor(i / size), i % size];
    return values[example * size + (at % channels) * area + Math.floor(at / channels)] ?? NaN;
  });
}

/** Largest difference of two lists of the same length. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most;
}
