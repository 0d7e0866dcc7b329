import { elementAt } from '@ciphernet/foundation';
import type { OnnxNode, OnnxTensor } from '@ciphernet/formats';

/** A tensor that is the same for every example: a weight, or a shape that exporters compute. */
export interface Constant {
  readonly kind: 'constant';
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

type Fold = (inputs: readonly Constant[], node: OnnxNode) => Constant | undefined;

export function constantOf(dims: readonly number[], values: ArrayLike<number>): Constant {
  return { kind: 'constant', dims, values };
}

export function constantOfTensor({ dims, values }: OnnxTensor): Constant {
  return constantOf(dims, values);
}

function attributeNumbers(node: OnnxNode, name: string): readonly number[] | undefined {
  const attribute = node.attributes.get(name);
  if (attribute?.kind === 'numbers') return attribute.value;
  return attribute?.kind === 'number' ? [attribute.value] : undefined;
}

const literal: Fold = (_, node) => {
  const tensor = node.attributes.get('value');
  if (tensor?.kind === 'tensor') return constantOfTensor(tensor.value);
  for (const name of ['value_float', 'value_int']) {
    const found = attributeNumbers(node, name);
    if (found !== undefined) return constantOf([], found);
  }
  const list = attributeNumbers(node, 'value_floats') ?? attributeNumbers(node, 'value_ints');
  return list === undefined ? undefined : constantOf([list.length], list);
};

/** Elements stay where they are; of the shape nothing depends on it but its length. */
const relabel: Fold = ([first]) => (first === undefined ? undefined : constantOf([first.values.length], first.values));

const same: Fold = ([first]) => first;

const transpose: Fold = ([first]) => {
  if (first?.dims.length !== 2) return undefined;
  const [rows = 0, columns = 0] = first.dims;
  const values = Float64Array.from({ length: rows * columns }, (_, i) => {
    return elementAt(first.values, (i % rows) * columns + Math.floor(i / rows));
  });
  return constantOf([columns, rows], values);
};

const concat: Fold = (inputs) => {
  if (inputs.some(({ dims }) => dims.length !== 1)) return undefined;
  const values = inputs.flatMap(({ values: part }) => Array.from(part));
  return constantOf([values.length], values);
};

const gather: Fold = ([list, index]) => {
  if (list?.dims.length !== 1 || index === undefined) return undefined;
  const values = Array.from(index.values, (i) => elementAt(list.values, i < 0 ? i + list.values.length : i));
  return constantOf(index.dims, values);
};

const slice: Fold = ([list, starts, ends]) => {
  if (list?.dims.length !== 1 || starts === undefined || ends === undefined) return undefined;
  const values = Array.from(list.values).slice(starts.values[0], Math.min(ends.values[0] ?? 0, list.values.length));
  return constantOf([values.length], values);
};

function elementwise(apply: (a: number, b: number) => number): Fold {
  return ([a, b]) => {
    if (a === undefined || b === undefined) return undefined;
    const [long, length] = a.values.length >= b.values.length ? [a, a.values.length] : [b, b.values.length];
    if (length % a.values.length !== 0 || length % b.values.length !== 0) return undefined;
    const at = (of: Constant, i: number): number => elementAt(of.values, i % of.values.length);
    return constantOf(
      long.dims,
      Float64Array.from({ length }, (_, i) => apply(at(a, i), at(b, i))),
    );
  };
}

const FOLDS: Readonly<Record<string, Fold>> = {
  Constant: literal,
  Identity: same,
  Cast: same,
  Unsqueeze: relabel,
  Squeeze: relabel,
  Reshape: relabel,
  Transpose: transpose,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: elementwise((a, b) => a / b),
};

/** What a node makes of constants; undefined where it is none of the operators that shapes and weights are written with. */
export function foldConstants(node: OnnxNode, inputs: readonly Constant[]): Constant | undefined {
  return FOLDS[node.operator]?.(inputs, node);
}
