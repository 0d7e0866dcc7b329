import { type GraphPlan, node, reals, shape, weights } from './graphs.js';

const IMAGE = [2, 6, 6] as const;
const dense = (inputs: number): NonNullable<GraphPlan['constants']> => ({
  w: weights([inputs, 2], 1, inputs),
  b: weights([2], 2),
});
const conv = { k: weights([3, 2, 3, 3], 3, 18), kb: weights([3], 4) };
const activated = (operator: string, attributes = {}): GraphPlan => ({
  input: [4],
  nodes: [
    node('h', 'Gemm', ['x', 'v', 'vb']),
    node('p', operator, ['h'], attributes),
    node('y', 'Gemm', ['p', 'w', 'b']),
  ],
  constants: { v: weights([4, 5], 5, 4), vb: weights([5], 6), ...dense(5) },
});

/** Networks that are read as ONNX Runtime reads them. */
export const CASES: readonly (readonly [string, GraphPlan])[] = [
  ['a ReLU', activated('Relu')],
  ['a leaky ReLU', activated('LeakyRelu', { alpha: { float: 0.2 } })],
  ['ELU', activated('Elu')],
  ['SELU', activated('Selu')],
  ['a hyperbolic tangent', activated('Tanh')],
  ['an inner sigmoid', activated('Sigmoid')],
  ['softplus', activated('Softplus')],
  ['softsign', activated('Softsign')],
  ['a hard swish', activated('HardSwish')],
  ['an absolute value', activated('Abs')],
  [
    'a ReLU6 as a clip',
    {
      ...activated('Relu'),
      nodes: [
        node('h', 'Gemm', ['x', 'v', 'vb']),
        node('p', 'Clip', ['h', 'low', 'high']),
        node('y', 'Gemm', ['p', 'w', 'b']),
      ],
      constants: { ...activated('Relu').constants, low: reals([], [0]), high: reals([], [0.6]) },
    },
  ],
  [
    'a GELU that is written out',
    {
      input: [4],
      nodes: [
        node('d', 'Div', ['x', 'root']),
        node('e', 'Erf', ['d']),
        node('s', 'Add', ['e', 'one']),
        node('m', 'Mul', ['x', 's']),
        node('p', 'Mul', ['m', 'half']),
        node('y', 'Gemm', ['p', 'w', 'b']),
      ],
      constants: { root: reals([], [Math.SQRT2]), one: reals([], [1]), half: reals([], [0.5]), ...dense(4) },
    },
  ],
  [
    'a swish that is written out',
    {
      input: [4],
      nodes: [node('s', 'Sigmoid', ['x']), node('p', 'Mul', ['x', 's']), node('y', 'Gemm', ['p', 'w', 'b'])],
      constants: dense(4),
    },
  ],
  [
    'a square, and a power of two',
    {
      input: [4],
      nodes: [node('s', 'Mul', ['x', 'x']), node('p', 'Pow', ['s', 'two']), node('y', 'Gemm', ['p', 'w', 'b'])],
      constants: { two: reals([], [2]), ...dense(4) },
    },
  ],
  [
    'a slope a channel',
    {
      input: IMAGE,
      nodes: [
        node('h', 'Conv', ['x', 'k', 'kb']),
        node('p', 'PRelu', ['h', 'slope']),
        node('g', 'GlobalAveragePool', ['p']),
        node('f', 'Flatten', ['g']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: { ...conv, slope: reals([3, 1, 1], [0.1, 0.3, -0.2]), ...dense(3) },
    },
  ],
  [
    'convolutions with padding and strides, a maximum over windows, a flattening',
    {
      input: IMAGE,
      nodes: [
        node('h', 'Conv', ['x', 'k', 'kb'], { pads: { integers: [1, 0, 2, 1] }, strides: { integers: [1, 1] } }),
        node('r', 'Relu', ['h']),
        node('m', 'MaxPool', ['r'], { kernel_shape: { integers: [2, 2] }, strides: { integers: [2, 2] } }),
        node('i', 'Dropout', ['m']),
        node('f', 'Flatten', ['i']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: { ...conv, ...dense(3 * 3 * 2) },
    },
  ],
  [
    'pooling with padding, a mean and a maximum',
    {
      input: IMAGE,
      nodes: [
        node('m', 'MaxPool', ['x'], {
          kernel_shape: { integers: [3, 3] },
          strides: { integers: [2, 2] },
          pads: { integers: [1, 1, 1, 1] },
        }),
        node('a', 'AveragePool', ['m'], { kernel_shape: { integers: [2, 2] }, pads: { integers: [0, 0, 1, 1] } }),
        node('g', 'GlobalMaxPool', ['a']),
        node('f', 'Flatten', ['g']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: dense(2),
    },
  ],
  [
    'batch normalisation that is not folded, and a skip',
    {
      input: IMAGE,
      nodes: [
        node('h', 'Conv', ['x', 'k2'], { pads: { integers: [1, 1, 1, 1] } }),
        node('n', 'BatchNormalization', ['h', 'gamma', 'beta', 'mean', 'variance']),
        node('r', 'Relu', ['n']),
        node('s', 'Add', ['r', 'x']),
        node('g', 'GlobalAveragePool', ['s']),
        node('f', 'Flatten', ['g']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: {
        k2: weights([2, 2, 3, 3], 7, 18),
        gamma: reals([2], [1.5, 0.5]),
        beta: reals([2], [0.1, -0.2]),
        mean: reals([2], [0.3, -0.1]),
        variance: reals([2], [2, 0.5]),
        ...dense(2),
      },
    },
  ],
  [
    'two branches side by side, and zeros around',
    {
      input: IMAGE,
      nodes: [
        node('z', 'Pad', ['x', 'pads']),
        node('h', 'Conv', ['z', 'k', 'kb']),
        node('r', 'Relu', ['h']),
        node('c', 'Concat', ['r', 'x'], { axis: { integer: 1 } }),
        node('f', 'Flatten', ['c']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: { pads: shape(0, 0, 1, 1, 0, 0, 1, 1), ...conv, ...dense(5 * 36) },
    },
  ],
  [
    'a shape that is computed, as old exporters of PyTorch do',
    {
      input: IMAGE,
      nodes: [
        node('h', 'Conv', ['x', 'k', 'kb']),
        node('r', 'Relu', ['h']),
        node('s', 'Shape', ['r']),
        node('n', 'Gather', ['s', 'zero'], { axis: { integer: 0 } }),
        node('u', 'Unsqueeze', ['n', 'axes']),
        node('t', 'Concat', ['u', 'rest'], { axis: { integer: 0 } }),
        node('f', 'Reshape', ['r', 't']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: {
        ...conv,
        zero: { dims: [], values: { integers: [0] } },
        axes: shape(0),
        rest: shape(-1),
        ...dense(48),
      },
    },
  ],
  [
    'a row that becomes an image',
    {
      input: [72],
      nodes: [
        node('i', 'Reshape', ['x', 'dims']),
        node('h', 'Conv', ['i', 'k', 'kb']),
        node('r', 'Relu', ['h']),
        node('f', 'Flatten', ['r']),
        node('y', 'Gemm', ['f', 'w', 'b']),
      ],
      constants: { dims: shape(-1, 2, 6, 6), ...conv, ...dense(48) },
    },
  ],
  [
    'a mean over height and width, and differences',
    {
      input: IMAGE,
      nodes: [
        node('c', 'Sub', ['x', 'centre']),
        node('d', 'Div', ['c', 'two']),
        node('h', 'Conv', ['d', 'k', 'kb']),
        node('r', 'Relu', ['h']),
        node('m', 'ReduceMean', ['r'], { axes: { integers: [2, 3] }, keepdims: { integer: 0 } }),
        node('q', 'MatMul', ['m', 'w']),
        node('y', 'Sub', ['q', 'b']),
      ],
      constants: { centre: reals([2, 1, 1], [0.5, -0.5]), two: reals([1], [2]), ...conv, ...dense(3) },
    },
  ],
];
