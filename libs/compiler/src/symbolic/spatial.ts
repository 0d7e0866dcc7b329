import { elementAt } from '@ciphernet/foundation';
import {
  type Operator,
  axisOf,
  expectThat,
  inputOf,
  integersOf,
  numberOf,
  optionalConstant,
  requiredIntegers,
  textOf,
} from './call.js';
import { gatherBy, reshape, transpose } from './movement.js';
import { refuse } from './refusal.js';
import { stridesOf } from './value.js';

/** Where a position outside of an axis of `size` values comes from; −1 for the padding value. */
function reflected(position: number, size: number, mode: string): number {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case 'constant':
      return -1;
    case 'edge':
      return position < 0 ? 0 : size - 1;
    case 'wrap':
      return ((position % size) + size) % size;
    case 'reflect': {
      const period = 2 * (size - 1);
      const inside = period === 0 ? 0 : ((position % period) + period) % period;
      return inside < size ? inside : period - inside;
    }
    default:
      return refuse(`padding of mode '${mode}'`, 'use constant, reflect or edge');
  }
}

const pad: Operator = (call) => {
  const value = inputOf(call, 0);
  const rank = value.dims.length;
  const pads = call.node.attributes.has('paddings')
    ? requiredIntegers(call, 'paddings')
    : requiredIntegers(call, 'pads', 1);
  const axes = (integersOf(call, 'axes', 3) ?? value.dims.map((_, i) => i)).map((axis) => axisOf(axis, rank));
  const mode = textOf(call, 'mode', 'constant');
  const fill = optionalConstant(call, 2, 'padding value')?.values[0] ?? numberOf(call, 'value', 0);
  expectThat(pads.length === 2 * axes.length && pads.every(Number.isSafeInteger), 'pads');
  const before = new Array<number>(rank).fill(0);
  const dims = [...value.dims];
  axes.forEach((axis, i) => {
    before[axis] = elementAt(pads, i);
    dims[axis] = elementAt(dims, axis) + elementAt(pads, i) + elementAt(pads, axes.length + i);
  });
  expectThat(
    dims.every((size) => size >= 0),
    `shape ${dims.join('×')}`,
  );
  const strides = stridesOf(value.dims);
  const padded = gatherBy(
    value,
    dims,
    (index) => {
      let source = 0;
      for (let d = 0; d < rank; d++) {
        const from = reflected(elementAt(index, d) - elementAt(before, d), elementAt(value.dims, d), mode);
        if (from < 0) return -1;
        source += from * elementAt(strides, d);
      }
      return source;
    },
    fill,
  );
  return [padded];
};

/** Blocks of channels as blocks of pixels, or the reverse, by two reshapes around a permutation (ONNX's definition). */
const depthToSpace: Operator = (call) => {
  const value = inputOf(call, 0);
  const block = numberOf(call, 'blocksize', 0);
  const [n = 0, c = 0, h = 0, w = 0] = value.dims;
  expectThat(value.dims.length === 4 && Number.isInteger(block) && block > 0 && c % (block * block) === 0, 'blocksize');
  const depth = c / (block * block);
  const isColumns = textOf(call, 'mode', 'DCR') === 'CRD';
  const parts = reshape(value, isColumns ? [n, depth, block, block, h, w] : [n, block, block, depth, h, w]);
  const moved = transpose(parts, isColumns ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return [reshape(moved, [n, depth, h * block, w * block])];
};

const spaceToDepth: Operator = (call) => {
  const value = inputOf(call, 0);
  const block = numberOf(call, 'blocksize', 0);
  const [n = 0, c = 0, h = 0, w = 0] = value.dims;
  const fits = Number.isInteger(block) && block > 0 && h % block === 0 && w % block === 0;
  expectThat(value.dims.length === 4 && fits, 'blocksize');
  const parts = reshape(value, [n, c, h / block, block, w / block, block]);
  return [reshape(transpose(parts, [0, 3, 5, 1, 2, 4]), [n, c * block * block, h / block, w / block])];
};

export const SPATIAL: Readonly<Record<string, Operator>> = {
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
