import { UnsupportedError } from '@ciphernet/foundation';
import type { OnnxGraph, OnnxPort } from '@ciphernet/formats';
import { type Head, headOf } from './head.js';
import { MOST_UNITS } from './levels.js';
import { sizeOfDims } from './value.js';

/** What a model reads, and where its computation ends. */
export interface OnnxInterface {
  readonly input: {
    readonly name: string;
    /** Without the batch. */
    readonly shape: readonly number[];
    readonly layout: 'flat' | 'nchw' | 'nhwc';
  };
  readonly head: Head;
}

type Layout = OnnxInterface['input']['layout'];

const REAL: readonly (string | undefined)[] = ['float32', 'float64', 'float16', 'bfloat16', undefined];

/** The one input of numbers that the graph has. */
function portOf(graph: OnnxGraph): OnnxPort {
  const [port, second] = graph.inputs;
  if (port === undefined || second !== undefined) {
    throw new UnsupportedError(`${graph.inputs.length} inputs`, {
      where: graph.name,
      hint: 'export the model with one input of all features',
    });
  }
  if (port.kind === 'tensor' && REAL.includes(port.type)) return port;
  throw new UnsupportedError(`input ${port.name} of ${port.kind === 'tensor' ? (port.type ?? '?') : port.kind}`, {
    where: graph.name,
    hint: 'export the model with an input of float32',
  });
}

/** The input's shape without the batch. */
function shapeOf(port: OnnxPort, graph: OnnxGraph): number[] {
  const refuse = (what: string, hint: string): never => {
    throw new UnsupportedError(what, { where: `${graph.name}, input ${port.name}`, hint });
  };
  const [batch, ...rest] = port.shape ?? refuse('its shape is not said', 'fix the input shape at export');
  if (port.shape?.length === 0 || rest.length === 0 || rest.length > 4) {
    refuse(`an input of ${rest.length + 1} dimensions`, 'export it with a batch and 1 to 4 dimensions');
  }
  if (batch !== undefined && batch !== 1) {
    refuse(`a batch of ${batch} at once`, 'export the model with a dynamic batch, or a batch of 1');
  }
  const shape = rest.map((size, i) => size ?? refuse(`dimension ${i + 1} is dynamic`, 'fix the input shape at export'));
  if (sizeOfDims(shape) > MOST_UNITS) {
    refuse(`${sizeOfDims(shape)} input values`, `at most ${MOST_UNITS} can be evaluated; use a smaller input`);
  }
  return shape;
}

/** Channels of images are in front in ONNX; Keras' converter keeps them behind and transposes first. */
function layoutOf(graph: OnnxGraph, port: OnnxPort, shape: readonly number[]): Layout {
  if (shape.length !== 3) return 'flat';
  const isTransposed = graph.nodes.some(({ operator, inputs, attributes }) => {
    const permutation = attributes.get('perm');
    const moves = permutation?.kind === 'numbers' && permutation.value.join() === '0,3,1,2';
    return operator === 'Transpose' && inputs[0] === port.name && moves;
  });
  const isColour = (size: number | undefined): boolean => size === 1 || size === 3;
  return isTransposed || (isColour(shape[2]) && !isColour(shape[0])) ? 'nhwc' : 'nchw';
}

/**
 * What an ONNX model reads and gives, whether it can be evaluated or not.
 *
 * @param name the model's, for errors
 * @throws UnsupportedError for several inputs, an open dimension besides the batch, or outputs that are no scores
 */
export function interfaceOfOnnx(graph: OnnxGraph, name: string): OnnxInterface {
  const named = { ...graph, name };
  const port = portOf(named);
  const shape = shapeOf(port, named);
  return { input: { name: port.name, shape, layout: layoutOf(graph, port, shape) }, head: headOf(named) };
}
