import { describe, expect, it } from '@jest/globals';
import { multiplicationsOf } from '../src/circuit.js';
import { circuitFromOnnx } from '../src/symbolic/circuit-from-onnx.js';
import { type GraphPlan, type NodePlan, floats, graphOf, integers } from './onnx-graphs.js';
import { expectSame } from './onnx-oracle.js';
import { lcg } from './random-network.js';

const random = lcg(9);

function some(...dims: number[]): ReturnType<typeof floats> {
  return floats(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
  );
}

const W = { w: some(4, 6), v: some(6, 3), a: some(6), b: some(6), c: some(6), u: some(4, 6), k: some(6, 6) };
const hidden: NodePlan = { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] };
const last: NodePlan = { op: 'MatMul', inputs: ['p', 'v'] };

function plan(...nodes: readonly NodePlan[]): GraphPlan {
  return {
    input: [-1, 4],
    nodes: [hidden, ...nodes, last],
    constants: { ...W, two: floats([], [2]), three: floats([], [3]), four: floats([], [4]) },
  };
}

const mul = (x: string, y: string, to: string): NodePlan => ({ op: 'Mul', inputs: [x, y], outputs: [to] });
const add = (x: string, y: string, to: string): NodePlan => ({ op: 'Add', inputs: [x, y], outputs: [to] });
const square = (x: string, to: string): NodePlan => mul(x, x, to);
const dense = (x: string, to: string): NodePlan => ({ op: 'MatMul', inputs: [x, 'k'], outputs: [to] });

/** Plans, and the squares that each level takes. */
const CASES: Readonly<Record<string, readonly [GraphPlan, readonly number[]]>> = {
  'a product with itself': [plan(square('h', 'p')), [6]],
  'a power of two': [plan({ op: 'Pow', inputs: ['h', 'two'], outputs: ['p'] }), [6]],
  'two squares one after the other': [plan(square('h', 's'), dense('s', 'd'), square('d', 'p')), [6, 6]],
  'a·x² + b·x + c, of one square an element': [
    plan(square('h', 's'), mul('s', 'a', 'sa'), mul('h', 'b', 'hb'), add('sa', 'hb', 'q'), add('q', 'c', 'p')),
    [6],
  ],
  'c + b·x + a·x², added in the other order': [
    plan(square('h', 's'), mul('s', 'a', 'sa'), mul('h', 'b', 'hb'), add('c', 'hb', 'q'), add('q', 'sa', 'p')),
    [6],
  ],
  'x·(a·x + b), by Horner': [plan(mul('h', 'a', 'ha'), add('ha', 'b', 'l'), mul('h', 'l', 'p')), [6]],
  'a product of two values, of two squares an element': [
    plan({ op: 'MatMul', inputs: ['x', 'u'], outputs: ['g'] }, mul('h', 'g', 'p')),
    [12],
  ],
  'a skip across a square, of two squares an element': [
    plan(square('h', 's'), dense('s', 'd'), add('d', 'h', 'p')),
    [18],
  ],
  'a difference across a square': [
    plan(square('h', 's'), dense('s', 'd'), { op: 'Sub', inputs: ['h', 'd'], outputs: ['p'] }),
    [18],
  ],
  'a skip across two squares': [
    plan(square('h', 's'), dense('s', 'd'), square('d', 'e'), dense('e', 'f'), add('h', 'f', 'p')),
    [18, 18],
  ],
  'a concatenation across a square': [
    {
      input: [-1, 4],
      nodes: [square('x', 's'), { op: 'Concat', inputs: ['x', 's'], outputs: ['y'], attributes: { axis: 1 } }],
    },
    [12],
  ],
  'a power of three': [plan({ op: 'Pow', inputs: ['h', 'three'], outputs: ['p'] }), [18, 12]],
  'a power of four': [plan({ op: 'Pow', inputs: ['h', 'four'], outputs: ['p'] }), [6, 6]],
  'a sum of squares': [
    { input: [-1, 4], nodes: [{ op: 'ReduceSumSquare', inputs: ['x'], attributes: { axes: [1], keepdims: 1 } }] },
    [4],
  ],
};

describe('squares of ONNX graphs', () => {
  it.each(Object.entries(CASES))('follow %s', async (_, [graph, squares]) => {
    const { circuit } = await expectSame(graph);
    expect(circuit.maps.slice(0, -1).map(({ outputs }) => outputs)).toEqual(squares);
  });

  it('drop what the scores do not need', () => {
    const graph: GraphPlan = {
      input: [-1, 4],
      nodes: [square('x', 's'), { op: 'Gather', inputs: ['s', 'i'], attributes: { axis: 1 } }],
      constants: { i: integers([2]) },
    };
    const { circuit } = circuitFromOnnx(graphOf(graph), 'gather');
    expect(circuit.maps.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [4, 1],
      [1, 1],
    ]);
  });

  it('keep the sparsity of a convolution, and lower a network of a whole digit in under two seconds', () => {
    const graph: GraphPlan = {
      input: [-1, 1, 28, 28],
      nodes: [
        { op: 'Conv', inputs: ['x', 'k'], outputs: ['a'], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
        square('a', 'b'),
        { op: 'Flatten', inputs: ['b'], outputs: ['c'] },
        { op: 'Gemm', inputs: ['c', 'd', 'e'], outputs: ['f'], attributes: { transB: 1 } },
        square('f', 'g'),
        { op: 'Gemm', inputs: ['g', 'h', 'i'], attributes: { transB: 1 } },
      ],
      constants: { k: some(5, 1, 5, 5), d: some(100, 845), e: some(100), h: some(10, 100), i: some(10) },
    };
    const start = performance.now();
    const { circuit } = circuitFromOnnx(graphOf(graph), 'digits');
    expect(performance.now() - start).toBeLessThan(2000);
    expect(circuit.maps.map(multiplicationsOf)).toEqual([5 * (13 * 13 * 25 - 2 * 13 * 5 + 1 - 0), 84500, 1000]);
    expect(circuit.maps[0]?.blocks.length).toBe(169);
  });
});
