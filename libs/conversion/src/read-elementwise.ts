import { elementAt } from '@ciphernet/foundation';
import { FUNCTIONS } from './functions.js';
import type { ChannelFunction } from './graph.js';
import { affine } from './read-linear.js';
import {
  type Call,
  type Data,
  type Reader,
  constantInput,
  dataInput,
  numberOf,
  optionalConstant,
  perChannel,
} from './reading.js';
import { refuse } from './refusal.js';

/** What a value is of the node that it is an elementwise function of: of itself, if of no earlier one. */
function elementwiseOf(value: Data): NonNullable<Data['elementwise']> {
  return value.elementwise ?? { base: value.node, functionOf: () => (x) => x };
}

function activation(call: Call, value: Data, functionOf: ChannelFunction): Data {
  const { shape } = call.builder.at(value);
  const node = call.builder.append(call.node, { kind: 'activation', functionOf }, [value.node], shape);
  const before = elementwiseOf(value);
  const whole: ChannelFunction = (channel) => {
    const [inner, outer] = [before.functionOf(channel), functionOf(channel)];
    return (x) => outer(inner(x));
  };
  return { ...value, node, elementwise: { base: before.base, functionOf: whole } };
}

/** Two functions of one node make a third: x · σ(x) is one activation, not two and a product. */
function joined(call: Call, a: Data, b: Data, apply: (x: number, y: number) => number): Data | undefined {
  const [first, second] = [elementwiseOf(a), elementwiseOf(b)];
  if (first.base !== second.base) return undefined;
  const functionOf: ChannelFunction = (channel) => {
    const [f, g] = [first.functionOf(channel), second.functionOf(channel)];
    return (x) => apply(f(x), g(x));
  };
  const { shape } = elementAt(call.builder.nodes, first.base);
  const node = call.builder.append(call.node, { kind: 'activation', functionOf }, [first.base], shape);
  return { ...a, node, elementwise: { base: first.base, functionOf } };
}

/** An operation of two values, of which one may be constant. */
function binary(
  apply: (x: number, y: number) => number,
  withConstant: (call: Call, value: Data, constants: Float32Array, isFirst: boolean) => Data,
  combine: (call: Call, a: Data, b: Data) => Data,
): Reader {
  return (call) => {
    const [a, b] = call.inputs;
    if (a?.kind === 'data' && b?.kind === 'data') return joined(call, a, b, apply) ?? combine(call, a, b);
    const isFirst = a?.kind === 'constant';
    const value = dataInput(call, isFirst ? 1 : 0);
    return withConstant(call, value, perChannel(call, constantInput(call, isFirst ? 0 : 1, 'operand'), value), isFirst);
  };
}

function sum(call: Call, a: Data, b: Data): Data {
  const { builder, node } = call;
  const shape = builder.at(a).shape;
  if (a.dims.join() !== b.dims.join() || a.order !== b.order) {
    refuse(`values of ${a.dims.join('×')} and ${b.dims.join('×')}`, 'sums of values of one shape are converted');
  }
  return {
    kind: 'data',
    node: builder.append(node, { kind: 'add' }, [a.node, b.node], shape),
    dims: a.dims,
    order: a.order,
  };
}

const product = (): never =>
  refuse('a product of two values of data', 'gates and attention are not converted; use sums');
const ones = (constants: Float32Array): Float32Array => new Float32Array(constants.length).fill(1);
const zeros = (constants: Float32Array): Float32Array => new Float32Array(constants.length);

const add = binary(
  (x, y) => x + y,
  (call, value, c) => affine(call, value, ones(c), c),
  sum,
);

const subtract = binary(
  (x, y) => x - y,
  (call, value, c, isFirst) =>
    isFirst
      ? affine(
          call,
          value,
          ones(c).map((one) => -one),
          c,
        )
      : affine(
          call,
          value,
          ones(c),
          c.map((x) => -x),
        ),
  (call, a, b) => {
    const factor = ones(new Float32Array(call.builder.at(b).shape.channels));
    return sum(
      call,
      a,
      affine(
        call,
        b,
        factor.map((one) => -one),
        zeros(factor),
      ),
    );
  },
);

const multiply = binary(
  (x, y) => x * y,
  (call, value, c) => affine(call, value, c, zeros(c)),
  product,
);

const divide = binary(
  (x, y) => x / y,
  (call, value, c, isFirst) => {
    if (isFirst) return refuse('it divides by data', 'use batch normalisation');
    return affine(
      call,
      value,
      c.map((x) => 1 / x),
      zeros(c),
    );
  },
  () => refuse('it divides by data', 'use batch normalisation'),
);

/** Larger or smaller of data and a constant: a function of one value. */
function bound(apply: (x: number, y: number) => number): Reader {
  return binary(
    apply,
    (call, value, c) => activation(call, value, (channel) => (x) => apply(x, elementAt(c, channel))),
    () => refuse('the larger or smaller of two values of data', 'use sums'),
  );
}

const clip: Reader = (call) => {
  const low = optionalConstant(call, 1, 'minimum')?.values[0] ?? numberOf(call, 'min', -Infinity);
  const high = optionalConstant(call, 2, 'maximum')?.values[0] ?? numberOf(call, 'max', Infinity);
  return activation(call, dataInput(call), () => (x) => Math.min(Math.max(x, low), high));
};

const leakyByChannel: Reader = (call) => {
  const value = dataInput(call);
  const slopes = perChannel(call, constantInput(call, 1, 'slope'), value);
  return activation(call, value, (channel) => (x) => (x < 0 ? elementAt(slopes, channel) * x : x));
};

const power: Reader = (call) => {
  const exponent = constantInput(call, 1, 'exponent').values[0] ?? NaN;
  return activation(call, dataInput(call), () => (x) => x ** exponent);
};

const negate: Reader = (call) => {
  const value = dataInput(call);
  const factor = new Float32Array(call.builder.at(value).shape.channels).fill(-1);
  return affine(call, value, factor, zeros(factor));
};

const functions = Object.entries(FUNCTIONS).map(([operator, make]): [string, Reader] => [
  operator,
  (call) => {
    const f = make((name, fallback) => numberOf(call, name, fallback));
    return activation(call, dataInput(call), () => f);
  },
]);

export const ELEMENTWISE: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(functions),
  Add: add,
  Sub: subtract,
  Mul: multiply,
  Div: divide,
  Neg: negate,
  Max: bound(Math.max),
  Min: bound(Math.min),
  Clip: clip,
  PRelu: leakyByChannel,
  Pow: power,
};
