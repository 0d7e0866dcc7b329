import { type AttributeValue, type GraphPlan, type NodePlan, floats, integers, truths } from './onnx-graphs.js';
import { lcg } from './random-network.js';

const random = lcg(5);

function some(...dims: number[]): ReturnType<typeof floats> {
  return floats(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
  );
}

/** One node on the input, with constants w, v, … as its further inputs. */
function one(
  op: string,
  input: readonly number[],
  constants: readonly (ReturnType<typeof floats> | undefined)[] = [],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  more: Partial<GraphPlan> = {},
): GraphPlan {
  const names = constants.map((tensor, i) => (tensor === undefined ? '' : `c${i}`));
  return {
    input,
    nodes: [{ op, inputs: ['x', ...names], attributes }],
    constants: Object.fromEntries(constants.flatMap((tensor, i) => (tensor === undefined ? [] : [[`c${i}`, tensor]]))),
    ...more,
  };
}

function chain(
  input: readonly number[],
  nodes: readonly NodePlan[],
  constants: GraphPlan['constants'] = {},
): GraphPlan {
  return { input, nodes, constants };
}

const IMAGE = [-1, 2, 6, 5] as const;
/** One graph an operator: all are linear but the sum of squares. */
export const CASES: Readonly<Record<string, GraphPlan>> = {
  Conv: one('Conv', IMAGE, [some(3, 2, 3, 2), some(3)]),
  'Conv with strides, dilation and asymmetric pads': one('Conv', IMAGE, [some(3, 2, 2, 2)], {
    strides: [2, 1],
    dilations: [2, 3],
    pads: [1, 0, 2, 3],
  }),
  'Conv in groups': one('Conv', [-1, 4, 5, 5], [some(6, 2, 3, 3), some(6)], { group: 2 }),
  'Conv by depth': one('Conv', [-1, 3, 5, 5], [some(3, 1, 3, 3)], { group: 3 }),
  'Conv with auto_pad SAME_UPPER': one('Conv', IMAGE, [some(2, 2, 3, 2)], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  'Conv with auto_pad SAME_LOWER': one('Conv', IMAGE, [some(2, 2, 2, 4)], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  'Conv of one dimension': one('Conv', [-1, 3, 9], [some(2, 3, 4), some(2)], { strides: [2], pads: [1, 2] }),
  ConvTranspose: one('ConvTranspose', [-1, 2, 3, 4], [some(2, 3, 3, 2), some(3)], {
    strides: [2, 3],
    pads: [1, 0, 0, 1],
    output_padding: [1, 1],
  }),
  'ConvTranspose in groups with dilation': one('ConvTranspose', [-1, 4, 3, 3], [some(4, 2, 2, 2)], {
    group: 2,
    dilations: [2, 1],
  }),
  'ConvTranspose with auto_pad': one('ConvTranspose', [-1, 2, 3, 3], [some(2, 2, 3, 3)], {
    auto_pad: 'SAME_UPPER',
    strides: [2, 2],
  }),
  Gemm: one('Gemm', [-1, 5], [some(5, 3), some(3)], { alpha: 0.5, beta: 2 }),
  'Gemm with a transposed matrix': one('Gemm', [-1, 5], [some(3, 5), some(1, 3)], { transB: 1 }),
  MatMul: one('MatMul', [-1, 4, 5], [some(5, 3)]),
  'MatMul with a constant on the left': chain([-1, 4, 5], [{ op: 'MatMul', inputs: ['w', 'x'] }], { w: some(3, 4) }),
  'AveragePool with padding': one('AveragePool', IMAGE, [], {
    kernel_shape: [3, 2],
    strides: [2, 2],
    pads: [1, 1, 1, 0],
  }),
  'AveragePool that counts its padding': one('AveragePool', IMAGE, [], {
    kernel_shape: [3, 2],
    strides: [2, 2],
    pads: [1, 1, 1, 0],
    count_include_pad: 1,
  }),
  'AveragePool with ceil_mode': one('AveragePool', IMAGE, [], { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
  'AveragePool with ceil_mode that counts its padding': one(
    'AveragePool',
    IMAGE,
    [],
    { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    { opset: 19 },
  ),
  'AveragePool with auto_pad': one('AveragePool', IMAGE, [], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    auto_pad: 'SAME_UPPER',
  }),
  GlobalAveragePool: one('GlobalAveragePool', IMAGE),
  'ReduceMean by attribute': one('ReduceMean', IMAGE, [], { axes: [2, -1], keepdims: 0 }),
  'ReduceMean by input': one('ReduceMean', IMAGE, [integers([1])], { keepdims: 1 }, { opset: 18 }),
  ReduceSum: one('ReduceSum', IMAGE, [integers([1, 3])], { keepdims: 0 }),
  ReduceSumSquare: one('ReduceSumSquare', IMAGE, [], { axes: [1, 2, 3], keepdims: 0 }),
  BatchNormalization: one('BatchNormalization', IMAGE, [some(2), some(2), some(2), floats([2], [0.5, 2])], {
    epsilon: 0.01,
  }),
  'Add with broadcasting': one('Add', IMAGE, [some(2, 1, 5)]),
  Sub: one('Sub', [-1, 4], [some(4)]),
  'Sub from a constant': chain([-1, 4], [{ op: 'Sub', inputs: ['w', 'x'] }], { w: some(4) }),
  Neg: one('Neg', [-1, 4]),
  Sum: chain([-1, 4], [{ op: 'Sum', inputs: ['x', 'w', 'x'] }], { w: some(4) }),
  Mean: chain([-1, 4], [{ op: 'Mean', inputs: ['x', 'w', 'x'] }], { w: some(4) }),
  'Mul by a constant': one('Mul', IMAGE, [some(6, 1)]),
  'Div by a constant': one('Div', [-1, 4], [floats([4], [2, -4, 0.5, 3])]),
  'Pad with a constant': one('Pad', IMAGE, [integers([0, 0, 1, 2, 0, 1, 0, 3]), floats([], [0.5])]),
  'Pad by reflection': one('Pad', IMAGE, [integers([0, 0, 2, 3, 0, 0, 1, 4])], { mode: 'reflect' }),
  'Pad by the edge': one('Pad', IMAGE, [integers([0, 0, 2, 3, 0, 0, 1, 4])], { mode: 'edge' }),
  'Resize to the nearest': one('Resize', IMAGE, [undefined, floats([4], [1, 1, 2, 2])], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  }),
  'Resize linearly': one('Resize', IMAGE, [undefined, undefined, integers([1, 2, 9, 3])], { mode: 'linear' }),
  'Resize with aligned corners': one('Resize', IMAGE, [undefined, undefined, integers([1, 2, 9, 7])], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  }),
  Reshape: one('Reshape', IMAGE, [integers([0, -1, 4])]),
  Flatten: one('Flatten', IMAGE, [], { axis: 1 }),
  Transpose: one('Transpose', IMAGE, [], { perm: [0, 3, 1, 2] }),
  'Transpose of the channels': one('Transpose', IMAGE, [], { perm: [0, 2, 3, 1] }),
  Squeeze: one('Squeeze', [-1, 1, 4, 1], [integers([1, -1])]),
  Unsqueeze: one('Unsqueeze', [-1, 4], [integers([1, 3])]),
  Concat: chain([-1, 3, 2], [{ op: 'Concat', inputs: ['x', 'w', 'x'], attributes: { axis: 2 } }], { w: some(1, 3, 1) }),
  Split: chain(
    [-1, 7],
    [
      { op: 'Split', inputs: ['x', 's'], outputs: ['a', 'b'], attributes: { axis: 1 } },
      { op: 'Sub', inputs: ['b', 'a'] },
    ],
    { s: integers([1, 6]) },
  ),
  'Split into equal parts': chain(
    [-1, 6],
    [
      { op: 'Split', inputs: ['x'], outputs: ['a', 'b'], attributes: { axis: 1 } },
      { op: 'Sub', inputs: ['b', 'a'] },
    ],
  ),
  Slice: one('Slice', IMAGE, [integers([1, -2]), integers([6, 0]), integers([2, 3]), integers([2, -1])]),
  'Slice to the end': one('Slice', IMAGE, [integers([-3]), integers([2 ** 53]), integers([-1])]),
  Gather: one('Gather', IMAGE, [integers([3, 0, -1, 0], [2, 2])], { axis: 2 }),
  Expand: one('Expand', [-1, 3, 1], [integers([1, 3, 4])]),
  Tile: one('Tile', [-1, 3, 2], [integers([1, 2, 3])]),
  Identity: one('Identity', [-1, 3]),
  Dropout: one('Dropout', [-1, 3]),
  'Cast to float': one('Cast', [-1, 3], [], { to: 1 }),
  DepthToSpace: one('DepthToSpace', [-1, 8, 2, 3], [], { blocksize: 2 }),
  'DepthToSpace by columns': one('DepthToSpace', [-1, 8, 2, 3], [], { blocksize: 2, mode: 'CRD' }),
  SpaceToDepth: one('SpaceToDepth', [-1, 2, 4, 6], [], { blocksize: 2 }),
  'Where on a constant': chain([-1, 4], [{ op: 'Where', inputs: ['t', 'x', 'w'] }], {
    t: truths([true, false, true, false], [1, 4]),
    w: some(4),
  }),
  'a shape that is computed': chain(
    IMAGE,
    [
      { op: 'Shape', inputs: ['x'], outputs: ['s'] },
      { op: 'Gather', inputs: ['s', 'zero'], outputs: ['n'] },
      { op: 'Unsqueeze', inputs: ['n', 'axis'], outputs: ['n1'] },
      { op: 'Concat', inputs: ['n1', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['x', 'target'] },
    ],
    { zero: integers([0], []), axis: integers([0]), rest: integers([-1]) },
  ),
  'constants that are computed': chain(
    [-1, 3],
    [
      { op: 'ConstantOfShape', inputs: ['n'], outputs: ['a'], attributes: { value: floats([1], [0.25]) } },
      { op: 'Range', inputs: ['from', 'to', 'step'], outputs: ['b'] },
      { op: 'Sqrt', inputs: ['b'], outputs: ['c'] },
      { op: 'Constant', inputs: [], outputs: ['d'], attributes: { value_float: 2 } },
      { op: 'Mul', inputs: ['a', 'c'], outputs: ['e'] },
      { op: 'Pow', inputs: ['e', 'd'], outputs: ['f'] },
      { op: 'Mul', inputs: ['x', 'f'] },
    ],
    { n: integers([3]), from: floats([], [1]), to: floats([], [6.5]), step: floats([], [2]) },
  ),
  Scaler: chain(
    [-1, 3],
    [
      {
        op: 'Scaler',
        inputs: ['x'],
        ml: true,
        attributes: { offset: { floats: [1, 2, 3] }, scale: { floats: [2, 0.5, 4] } },
      },
    ],
  ),
  LinearRegressor: chain(
    [-1, 3],
    [
      {
        op: 'LinearRegressor',
        inputs: ['x'],
        ml: true,
        attributes: { coefficients: { floats: [1, -2, 3, 0.5, 1, 2] }, intercepts: { floats: [0.5, -1] }, targets: 2 },
      },
    ],
  ),
};
