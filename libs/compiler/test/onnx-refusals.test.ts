import { InputError, UnsupportedError } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { circuitFromOnnx } from '../src/symbolic/circuit-from-onnx.js';
import { type AttributeValue, type GraphPlan, type NodePlan, floats, graphOf, integers } from './onnx-graphs.js';

function messageOf(plan: GraphPlan, kind: typeof InputError | typeof UnsupportedError = UnsupportedError): string {
  try {
    circuitFromOnnx(graphOf(plan), 'net');
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

/** A dense layer, the operator, and a dense layer, so that the operator is no head. */
function inner(
  op: string,
  attributes: Record<string, AttributeValue> = {},
  more: readonly string[] = [],
  ml = false,
): GraphPlan {
  return {
    input: [-1, 4],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { op, inputs: ['h', ...more], outputs: ['p'], attributes, ml },
      { op: 'MatMul', inputs: ['p', 'w'] },
    ],
    constants: { w: floats([4, 4], new Array<number>(16).fill(0.5)), v: floats([4], [1, 2, 3, 4]), i: integers([1]) },
  };
}

const CONVERT = ', or have it converted: ciphernet model convert';
const POLYNOMIAL = `not a polynomial [net, node OP_1, from h] — train the model with squares (x²) in its place${CONVERT}`;
const MAXIMUM = `a maximum is not a polynomial [net, node OP_1, from h] — train the model with average pooling in its place${CONVERT}`;
const DIVIDES = 'divides by data [net, node OP_1, from h] — train with batch normalisation';
const COMPARES = 'compares or exponentiates data [net, node OP_1, from h] — distil it into a network of squares';
const RECURRENT = 'recurrent or conditional graphs are too deep [net, node OP_1, from h] — use a feed-forward network';
const INT8 = 'an int8 model [net, node OP_1, from h] — export the float model; weights are quantised here';

const OPERATORS: readonly (readonly [string, string])[] = [
  ...'Relu LeakyRelu PRelu Sigmoid Tanh Elu Selu Gelu Softplus Clip Erf HardSwish Abs'
    .split(' ')
    .map((op) => [op, POLYNOMIAL] as const),
  ...'MaxPool GlobalMaxPool Max ReduceMax ArgMax TopK'.split(' ').map((op) => [op, MAXIMUM] as const),
  ...'Sqrt Exp Log Reciprocal LayerNormalization InstanceNormalization Softmax'
    .split(' ')
    .map((op) => [op, DIVIDES] as const),
  ...'TreeEnsembleClassifier TreeEnsembleRegressor Greater'.split(' ').map((op) => [op, COMPARES] as const),
  ...'LSTM GRU RNN If Loop Scan'.split(' ').map((op) => [op, RECURRENT] as const),
  ...'QuantizeLinear DequantizeLinear QLinearConv'.split(' ').map((op) => [op, INT8] as const),
];

describe('what is refused', () => {
  it.each(OPERATORS)('%s, with node, tensor, reason and what to do', (op, reason) => {
    const isClassical = op.startsWith('Tree');
    expect(messageOf(inner(op, {}, [], isClassical))).toBe(`${op}: ${reason.replace('OP', op)}`);
  });

  it('an operator that nobody knows', () => {
    expect(messageOf(inner('Frobnicate'))).toBe(
      'Frobnicate: not among the operators that are read [net, node Frobnicate_1, from h] — use convolutions, dense ' +
        'layers, average pooling, batch normalisation and squares',
    );
  });

  it.each<[string, GraphPlan, RegExp]>([
    ['a quotient of data', inner('Div', {}, ['h']), /^Div: divides by data .* — train with batch normalisation$/],
    ['a half power', inner('Pow', {}, ['v']), /^Pow: a power of 1: not a polynomial of small degree/],
    ['a maximum over windows', inner('MaxPool', { kernel_shape: [2] }), /^MaxPool: a maximum is not a polynomial/],
    [
      'normalisation by the batch',
      inner('BatchNormalization', { training_mode: 1 }, ['v', 'v', 'v', 'v']),
      /normalises by the batch .* — export the model in evaluation mode$/,
    ],
    ['a sum over the batch', inner('ReduceSum', {}, ['zero']), /^ReduceSum: sums over the examples of a batch/],
    [
      'an rbf machine',
      inner(
        'SVMRegressor',
        {
          kernel_type: 'RBF',
          n_supports: 1,
          coefficients: { floats: [1] },
          support_vectors: { floats: [1, 2, 3, 4] },
          kernel_params: { floats: [1, 0, 3] },
        },
        [],
        true,
      ),
      /^SVMRegressor: a kernel of type rbf: compares or exponentiates data/,
    ],
    [
      'a cubic machine',
      inner(
        'SVMRegressor',
        {
          kernel_type: 'POLY',
          n_supports: 1,
          coefficients: { floats: [1] },
          support_vectors: { floats: [1, 2, 3, 4] },
          kernel_params: { floats: [1, 0, 3] },
        },
        [],
        true,
      ),
      /^SVMRegressor: a polynomial kernel of degree 3/,
    ],
    [
      'votes of three classes',
      inner(
        'SVMClassifier',
        {
          vectors_per_class: [1, 1, 1],
          classlabels_ints: [0, 1, 2],
          coefficients: { floats: [1, 1, 1, 1, 1, 1] },
          support_vectors: { floats: new Array<number>(12).fill(1) },
        },
        [],
        true,
      ),
      /a machine of 3 classes counts votes of pairs/,
    ],
  ])('%s', (_, plan, message) => {
    expect(messageOf({ ...plan, constants: { ...plan.constants, zero: integers([0]) } })).toMatch(message);
  });

  it('a third square', () => {
    const square = (from: string, to: string): NodePlan => ({ op: 'Mul', inputs: [from, from], outputs: [to] });
    const plan = { input: [-1, 2], nodes: [square('x', 'a'), square('a', 'b'), square('b', 'y')] };
    expect(messageOf(plan)).toBe(
      'Mul: a third square: this scheme evaluates two [net, node Mul_2, from b] — train it with two, at the first convolution and the first dense layer for example, or have the two found that matter: ciphernet model convert',
    );
  });

  it.each<[string, readonly number[], string]>([
    ['a dynamic dimension', [-1, -1], 'dimension 1 is dynamic [net, input x] — fix the input shape at export'],
    [
      'a batch of eight',
      [8, 4],
      'a batch of 8 at once [net, input x] — export the model with a dynamic batch, or a batch of 1',
    ],
    [
      'an input that is too large',
      [-1, 3, 224, 224],
      '150528 input values [net, input x] — at most 65536 can be evaluated; use a smaller input',
    ],
  ])('%s', (_, input, message) => {
    expect(messageOf({ input, nodes: [{ op: 'Neg', inputs: ['x'] }] })).toBe(message);
  });

  it('a linear map that would fill the memory, before it is made', () => {
    const plan: GraphPlan = {
      input: [-1, 1, 255, 255],
      nodes: [{ op: 'Conv', inputs: ['x', 'k'], attributes: { pads: [31, 31, 31, 31] } }],
      constants: { k: floats([8, 1, 64, 64], new Array<number>(8 * 64 * 64).fill(1)) },
    };
    const start = performance.now();
    expect(messageOf(plan)).toMatch(/^Conv: a linear map of 2\.1e\+9 products .* — at most 16777216 can be followed/);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('a chain that repeats a tensor until the memory is full', () => {
    const nodes = Array.from({ length: 9 }, (_, i) => ({
      op: 'Tile',
      inputs: [i === 0 ? 'x' : `t${i}`, 'r'],
      outputs: [`t${i + 1}`],
    }));
    expect(messageOf({ input: [-1, 10], nodes, constants: { r: integers([1, 10]) } })).toMatch(
      /^Tile: a tensor of shape 1×10000000/,
    );
  });

  it('an output that does not depend on the input, and weights that are no numbers', () => {
    const zero = { z: floats([], [0]), n: floats([], [NaN]) };
    const times = (constant: string): GraphPlan => ({
      input: [-1, 4],
      nodes: [{ op: 'Mul', inputs: ['x', constant] }],
      constants: zero,
    });
    expect(messageOf(times('z'))).toMatch(/^its output does not depend on the input/);
    expect(messageOf(times('n'), InputError)).toMatch(/^a weight is no finite number/);
  });

  it.each<[string, NodePlan, RegExp]>([
    ['an axis that is not there', { op: 'Concat', inputs: ['x'], attributes: { axis: 5 } }, /axis 5 of 2 dimensions/],
    ['a missing input', { op: 'MatMul', inputs: ['x'] }, /input 1 is missing/],
    ['matrices that do not fit', { op: 'MatMul', inputs: ['x', 'i'] }, /1×4 times 3×1/],
    ['a shape of other size', { op: 'Reshape', inputs: ['x', 'i'] }, /1×4 values in shape 1×2×3/],
    ['an index beyond', { op: 'Gather', inputs: ['x', 'i'], attributes: { axis: 0 } }, /an index beyond 1/],
  ])('%s', (_, node, message) => {
    expect(messageOf({ input: [-1, 4], nodes: [node], constants: { i: integers([1, 2, 3]) } }, InputError)).toMatch(
      message,
    );
  });
});
