import type { ValueShape } from './graph.js';
import { pairOf, padsOf, positionsOf } from './read-linear.js';
import { type Call, type Data, type Reader, dataInput, expectImage, flatShape, listOf, numberOf } from './reading.js';
import { refuse } from './refusal.js';

function pool(statistic: 'mean' | 'max'): Reader {
  return (call) => {
    const value = dataInput(call);
    const shape = expectImage(call, value);
    const kernel = pairOf(call, 'kernel_shape', [1, 1]);
    const stride = pairOf(call, 'strides', [1, 1]);
    if (pairOf(call, 'dilations', [1, 1]).some((rate) => rate !== 1))
      refuse('dilated pooling', 'use a stride in its place');
    const pads = padsOf(call, [shape.height, shape.width], kernel, stride);
    const isCounted = statistic === 'mean' && numberOf(call, 'count_include_pad', 0) !== 0 && pads.some((n) => n > 0);
    if (isCounted) refuse('a mean that counts its padding', 'export it with count_include_pad = 0, or without padding');
    const [rows, columns] = [
      positionsOf(shape.height, kernel[0], stride[0], pads[0], pads[2]),
      positionsOf(shape.width, kernel[1], stride[1], pads[1], pads[3]),
    ];
    const isWhole =
      (rows - 1) * stride[0] + kernel[0] === shape.height + pads[0] + pads[2] &&
      (columns - 1) * stride[1] + kernel[1] === shape.width + pads[1] + pads[3];
    if (numberOf(call, 'ceil_mode', 0) !== 0 && !isWhole) {
      refuse('windows that hang over the edge (ceil_mode)', 'export it with ceil_mode = 0');
    }
    const output: ValueShape = { height: rows, width: columns, channels: shape.channels, isFlat: false };
    const node = call.builder.append(
      call.node,
      { kind: 'pool', statistic, kernel, stride, pads },
      [value.node],
      output,
    );
    return { kind: 'data', node, dims: [shape.channels, rows, columns], order: 'planes' };
  };
}

function overPositions(call: Call, statistic: 'mean' | 'max', keeps: boolean): Data {
  const value = dataInput(call);
  const { channels } = call.builder.at(value).shape;
  const { builder, node } = call;
  const pooled = builder.append(node, { kind: 'globalPool', statistic }, [value.node], {
    height: 1,
    width: 1,
    channels,
    isFlat: false,
  });
  if (keeps) return { kind: 'data', node: pooled, dims: [channels, 1, 1], order: 'planes' };
  const flat = builder.append(node, { kind: 'flatten', channelsFirst: true }, [pooled], flatShape(channels));
  return { kind: 'data', node: flat, dims: [channels], order: 'rows' };
}

function globalPool(statistic: 'mean' | 'max'): Reader {
  return (call) => {
    expectImage(call, dataInput(call));
    return overPositions(call, statistic, true);
  };
}

/** A reduction over height and width of an image: what `x.mean((2, 3))` is exported as. */
function reduce(statistic: 'mean' | 'max'): Reader {
  return (call) => {
    const value = dataInput(call);
    const axes = (listOf(call, 'axes', 1) ?? []).map((axis) => (axis < 0 ? axis + value.dims.length + 1 : axis));
    const isImage = !call.builder.at(value).shape.isFlat && value.order === 'planes';
    if (!isImage || [...axes].sort().join() !== '2,3') {
      refuse(
        `over axes ${axes.join(', ')} of ${value.dims.length + 1}, as layer normalisation begins, which divides by data`,
        'train with batch normalisation in its place; over height and width of an image it is converted',
      );
    }
    return overPositions(call, statistic, numberOf(call, 'keepdims', 1) !== 0);
  };
}

export const POOLING: Readonly<Record<string, Reader>> = {
  AveragePool: pool('mean'),
  MaxPool: pool('max'),
  GlobalAveragePool: globalPool('mean'),
  GlobalMaxPool: globalPool('max'),
  ReduceMean: reduce('mean'),
  ReduceMax: reduce('max'),
};
