import { InputError, UnsupportedError, printable } from '@ciphernet/foundation';
import type { OnnxGraph, OnnxNode } from '@ciphernet/formats';
import type { AffineRow } from '../affine.js';
import type { Operator } from './call.js';
import { CONVOLUTION } from './convolution.js';
import { ELEMENTWISE } from './elementwise.js';
import { ESTIMATORS } from './estimators.js';
import { FOLDING, constantOf } from './folding.js';
import type { Head } from './head.js';
import type { Levels } from './levels.js';
import { MATRICES } from './matrices.js';
import { MOVEMENT } from './movement.js';
import { POOLING } from './pooling.js';
import { Refusal, refuse, refuseOperator } from './refusal.js';
import { RESIZING } from './resize.js';
import { SPATIAL } from './spatial.js';
import { SUPPORT_VECTORS } from './support-vectors.js';
import { type Data, type Value, constant, isConstant } from './value.js';

const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...FOLDING,
    ...ELEMENTWISE,
    ...MOVEMENT,
    ...SPATIAL,
    ...RESIZING,
    ...CONVOLUTION,
    ...POOLING,
    ...MATRICES,
  }),
);
const ML_OPERATORS: ReadonlyMap<string, Operator> = new Map(Object.entries({ ...ESTIMATORS, ...SUPPORT_VECTORS }));

/** Terms of all tensors together: bounds time where many nodes each stay below their own limit. */
const MOST_TERMS = 2 ** 26;

/** The error of one node, in the words of its reason. */
function explained(error: unknown, node: OnnxNode, model: string): unknown {
  const from = printable(node.inputs.find((name) => name !== '') ?? 'no tensor');
  const where = `${model}, node ${node.name}, from ${from}`;
  if (error instanceof RangeError) {
    // A list that is shorter than the operator's definition says, or a size beyond any array.
    const hint = 'the model is damaged; export it again';
    return new InputError(`${node.operator}: ${error.message}`, { where, hint, cause: error });
  }
  if (!(error instanceof Refusal)) return error;
  const context = { where, hint: error.hint };
  const what = `${node.operator}: ${error.what}`;
  return error.kind === 'input' ? new InputError(what, context) : new UnsupportedError(what, context);
}

/** The nodes that a value needs, in order. */
function needed(graph: OnnxGraph, target: string): OnnxNode[] {
  const wanted = new Set([target]);
  const nodes: OnnxNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    nodes.push(node);
  }
  return nodes.reverse();
}

/** Termwise constant data become constants, so that what follows folds. */
function settle(value: Value | undefined): Value | undefined {
  if (value?.kind !== 'data' || !isConstant(value)) return value;
  return constant(
    value.dims,
    value.rows.map((row) => row.bias),
  );
}

/** Terms of the rows that are new; those that were only moved are counted once. */
function termsOf(value: Value | undefined, counted: WeakSet<AffineRow>): number {
  if (value === undefined) return 0;
  if (value.kind === 'constant') return value.values.length;
  let terms = value.rows.length;
  for (const row of value.rows) {
    if (counted.has(row)) continue;
    counted.add(row);
    terms += row.inputs.length;
  }
  return terms;
}

/**
 * Follows the input through a graph.
 *
 * @param head where it ends
 * @param input the graph's only input and its value: the variables of level 0
 * @returns the scores
 * @throws UnsupportedError with node, operator, tensor, reason and what to do; InputError for a malformed node
 */
export function interpret(
  graph: OnnxGraph,
  head: Head,
  input: { readonly name: string; readonly value: Data },
  levels: Levels,
): Value {
  const values = new Map<string, Value | undefined>([[input.name, input.value]]);
  for (const [name, tensor] of graph.initialisers) values.set(name, constantOf(tensor));
  const nodes = needed(graph, head.scores);
  const lastReader = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.inputs) lastReader.set(name, i);
  });
  let terms = 0;
  const counted = new WeakSet<AffineRow>();
  nodes.forEach((node, i) => {
    try {
      const operator = (node.domain === 'ai.onnx.ml' ? ML_OPERATORS : OPERATORS).get(node.operator);
      if (operator === undefined) return refuseOperator(node.operator);
      const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
      const unknown = node.inputs.find((name, n) => name !== '' && inputs[n] === undefined);
      if (unknown !== undefined) refuse(`${unknown} is no tensor of numbers`, 'export the scores, not the labels');
      const results = operator({ node, opset: graph.opset, inputs, levels, isHead: node === head.last });
      node.outputs.forEach((name, n) => {
        const value = settle(results[n]);
        terms += termsOf(value, counted);
        if (name !== '') values.set(name, value);
      });
      if (terms > MOST_TERMS) {
        refuse(`more than ${MOST_TERMS} products before it`, 'use a smaller input, fewer or smaller layers');
      }
    } catch (error) {
      throw explained(error, node, graph.name);
    }
    for (const name of node.inputs) if (lastReader.get(name) === i && name !== head.scores) values.delete(name);
  });
  const scores = values.get(head.scores);
  if (scores !== undefined) return scores;
  throw new UnsupportedError(`output ${head.scores} is no tensor of numbers`, {
    where: graph.name,
    hint: 'export the scores, not the labels',
  });
}
