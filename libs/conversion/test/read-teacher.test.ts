import { beforeAll, describe, expect, it } from '@jest/globals';
import { UnsupportedError } from '@ciphernet/foundation';
import { selectBackend } from '@ciphernet/training';
import { readTeacher } from '../src/read-teacher.js';
import { runTeacher } from '../src/student-weights.js';
import { CASES } from './cases.js';
import {
  type GraphPlan,
  apart,
  bytesOf,
  channelsLast,
  graphOf,
  node,
  noise,
  reals,
  runOnnx,
  weights,
} from './graphs.js';

beforeAll(async () => {
  await selectBackend(['wasm']);
});

describe('a network that is read', () => {
  it.each(CASES)('gives the scores that ONNX Runtime gives: %s', async (_, plan) => {
    const count = 5;
    const values = noise(count * plan.input.reduce((product, side) => product * side, 1), 11);
    const theirs = await runOnnx(bytesOf(plan), plan.input, values);
    const ours = runTeacher(
      readTeacher(graphOf(plan), 'net'),
      plan.input.length === 3 ? channelsLast(values, plan.input) : values,
    );
    expect(Math.max(...theirs.map(Math.abs))).toBeGreaterThan(0.05);
    expect(apart(ours, theirs)).toBeLessThan(2e-5);
  });

  it('reads an image with its channels behind, which is transposed first', async () => {
    const plan: GraphPlan = {
      input: [5, 4, 3],
      nodes: [
        node('t', 'Transpose', ['x'], { perm: { integers: [0, 3, 1, 2] } }),
        node('h', 'Conv', ['t', 'k']),
        node('r', 'Relu', ['h']),
        node('b', 'Transpose', ['r'], { perm: { integers: [0, 2, 3, 1] } }),
        node('f', 'Flatten', ['b']),
        node('y', 'Gemm', ['f', 'w']),
      ],
      constants: { k: weights([2, 3, 2, 2], 1, 12), w: weights([24, 2], 2, 24) },
    };
    const values = noise(2 * 60, 3);
    const ours = runTeacher(readTeacher(graphOf(plan), 'net'), values);
    expect(apart(ours, await runOnnx(bytesOf(plan), plan.input, values))).toBeLessThan(2e-5);
  });

  it('has one activation where the file has its parts, and knows what does something in training only', () => {
    const gelu = CASES.find(([name]) => name.startsWith('a GELU'));
    const dropout = CASES.find(([, { nodes }]) => nodes.some(({ operator }) => operator === 'Dropout'));
    const kinds = readTeacher(graphOf(gelu![1]), 'net').nodes.map(({ operation }) => operation.kind);
    expect(kinds.filter((kind) => kind === 'activation')).toHaveLength(1);
    expect(readTeacher(graphOf(dropout![1]), 'net').leftOut).toEqual([{ node: 'i', operator: 'Dropout' }]);
  });
});

/** A dense layer, one operator, and a dense layer. */
function inner(operator: string, more: Partial<GraphPlan> = {}, inputs: readonly string[] = ['h']): GraphPlan {
  return {
    input: [4],
    nodes: [node('h', 'Gemm', ['x', 'w']), node('bad', operator, inputs), node('y', 'Gemm', ['bad', 'w'])],
    outputs: 4,
    ...more,
    constants: { w: weights([4, 4], 1, 4), v: reals([4], [1, 2, 3, 4]), ...more.constants },
  };
}

describe('a network that cannot be converted', () => {
  it.each(['LSTM', 'GRU', 'RNN', 'If', 'Loop', 'Scan'])('is refused by node and operator: %s', (operator) => {
    expect(() => readTeacher(graphOf(inner(operator)), 'net')).toThrow(
      new RegExp(
        `^${operator}: recurrent or conditional graphs are too deep .* \\[net, node bad\\] — train a feed-forward`,
      ),
    );
  });

  it.each(['LayerNormalization', 'InstanceNormalization', 'GroupNormalization', 'Softmax'])(
    'is refused by node and operator: %s',
    (operator) => {
      expect(() => readTeacher(graphOf(inner(operator)), 'net')).toThrow(
        new RegExp(`^${operator}: divides by data.*\\[net, node bad\\] — train with batch normalisation`),
      );
    },
  );

  it.each<[string, GraphPlan, RegExp]>([
    [
      'an operator that nobody knows',
      inner('Frobnicate'),
      /^Frobnicate: not among the operators that are converted \[net, node bad\]/,
    ],
    [
      'a product of two layers',
      {
        input: [4],
        nodes: [node('h', 'Gemm', ['x', 'w']), node('g', 'Gemm', ['x', 'u']), node('y', 'Mul', ['h', 'g'])],
        constants: { w: weights([4, 2], 1), u: weights([4, 2], 2) },
      },
      /^Mul: a product of two values of data \[net, node y\] — gates and attention are not converted/,
    ],
    ['a matrix of data', inner('MatMul', {}, ['h', 'h']), /^MatMul: its matrix depends on the data/],
    ['a division by data', inner('Div', {}, ['v', 'h']), /^Div: it divides by data/],
    [
      'a convolution in groups',
      {
        input: [2, 4, 4],
        nodes: [
          node('c', 'Conv', ['x', 'k'], { group: { integer: 2 } }),
          node('f', 'Flatten', ['c']),
          node('y', 'Gemm', ['f', 'w']),
        ],
        constants: { k: weights([2, 1, 3, 3], 1), w: weights([8, 2], 2) },
      },
      /^Conv: a convolution in groups \[net, node c\]/,
    ],
    [
      'a convolution over one dimension',
      {
        input: [2, 8],
        nodes: [node('c', 'Conv', ['x', 'k']), node('f', 'Flatten', ['c']), node('y', 'Gemm', ['f', 'w'])],
        constants: { k: weights([2, 2, 3], 1), w: weights([12, 2], 2) },
      },
      /^Conv: it reads values of shape 2×8, not an image/,
    ],
    [
      'a mean that counts its padding',
      {
        input: [1, 4, 4],
        nodes: [
          node('p', 'AveragePool', ['x'], {
            kernel_shape: { integers: [2, 2] },
            pads: { integers: [1, 1, 1, 1] },
            count_include_pad: { integer: 1 },
          }),
          node('f', 'Flatten', ['p']),
          node('y', 'Gemm', ['f', 'w']),
        ],
        constants: { w: weights([25, 2], 2) },
      },
      /^AveragePool: a mean that counts its padding/,
    ],
  ])('%s', (_, plan, message) => {
    const read = (): unknown => readTeacher(graphOf(plan), 'net');
    expect(read).toThrow(message);
  });

  it('is refused where its output is an image', () => {
    const plan: GraphPlan = { input: [1, 4, 4], nodes: [node('y', 'Relu', ['x'])] };
    expect(() => readTeacher(graphOf(plan), 'net')).toThrow(UnsupportedError);
    expect(() => readTeacher(graphOf(plan), 'net')).toThrow(/no row of scores/);
  });
});
