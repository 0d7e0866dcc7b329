import { interfaceOfOnnx } from '@ciphernet/compiler';
import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { OnnxGraph, OnnxNode } from '@ciphernet/formats';
import { constantOfTensor, foldConstants } from './constants.js';
import type { GraphNode, Teacher, ValueShape } from './graph.js';
import { foldAffine } from './fold-affine.js';
import { ELEMENTWISE } from './read-elementwise.js';
import { LINEAR } from './read-linear.js';
import { MOVEMENT } from './read-movement.js';
import { POOLING } from './read-pooling.js';
import { type Data, GraphBuilder, type Reader, type Value, flatShape, imageShape, sizeOfDims } from './reading.js';
import { explained, refuse, refuseOperator } from './refusal.js';

const READERS: ReadonlyMap<string, Reader> = new Map(
  Object.entries({ ...LINEAR, ...POOLING, ...ELEMENTWISE, ...MOVEMENT }),
);

/** Nodes that do nothing once a network is trained. */
const TRAINING_ONLY: ReadonlySet<string> = new Set(['Dropout']);

/** The nodes that a value needs, in their order. */
function needed(nodes: readonly OnnxNode[], target: string): OnnxNode[] {
  const wanted = new Set([target]);
  const found = [...nodes].reverse().filter((node) => {
    if (!node.outputs.some((output) => wanted.has(output))) return false;
    for (const input of node.inputs) wanted.add(input);
    return true;
  });
  return found.reverse();
}

function readNode(node: OnnxNode, values: ReadonlyMap<string, Value>, builder: GraphBuilder): Value {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
  const missing = node.inputs.find((name, i) => name !== '' && inputs[i] === undefined);
  if (missing !== undefined)
    refuse(`it reads '${missing}', which is no tensor of numbers`, 'export the scores, not the labels');
  if (node.domain !== '')
    refuse('an operator of classical estimators', 'networks are converted; see `check` for estimators');
  const given = inputs.filter((value) => value !== undefined);
  const constants = given.filter((value) => value.kind === 'constant');
  if (constants.length === given.length) {
    const folded = foldConstants(node, constants);
    if (folded !== undefined) return folded;
  }
  const reader = READERS.get(node.operator);
  if (reader === undefined) return refuseOperator(node.operator);
  return reader({ node, inputs, builder });
}

/** The nodes that the last one needs, renumbered; the input stays the first. */
function pruned(nodes: readonly GraphNode[], last: number): GraphNode[] {
  const used = new Set([0, last]);
  for (let i = last; i >= 0; i--) if (used.has(i)) for (const from of elementAt(nodes, i).from) used.add(from);
  const kept = [...used].sort((a, b) => a - b);
  const place = new Map(kept.map((node, i) => [node, i]));
  return kept.map((i) => {
    const node = elementAt(nodes, i);
    return { ...node, from: node.from.map((from) => place.get(from) ?? 0) };
  });
}

/**
 * Reads a network that may have activations which cannot be evaluated under encryption, to convert it.
 *
 * @param graph of `onnxFromBytes`
 * @param name of the model, for errors
 * @throws UnsupportedError naming node and operator, with the reason and what to do, for a network that cannot be converted
 */
export function readTeacher(graph: OnnxGraph, name: string): Teacher {
  const { input, head } = interfaceOfOnnx(graph, name);
  const builder = new GraphBuilder();
  const isImage = input.layout !== 'flat';
  const order = input.layout === 'nchw' ? 'planes' : 'rows';
  const shape: ValueShape = isImage ? imageShape(input.shape, order) : flatShape(sizeOfDims(input.shape));
  const first = builder.append({ name: input.name, operator: 'input' }, { kind: 'input' }, [], shape);
  const values = new Map<string, Value>([[input.name, { kind: 'data', node: first, dims: input.shape, order }]]);
  for (const [key, tensor] of graph.initialisers) values.set(key, constantOfTensor(tensor));
  const nodes = needed(graph.nodes, head.scores);
  for (const node of nodes) {
    try {
      values.set(elementAt(node.outputs, 0), readNode(node, values, builder));
    } catch (error) {
      throw explained(error, node, name);
    }
  }
  const scores = values.get(head.scores);
  if (scores?.kind !== 'data' || !isRow(scores, builder)) {
    throw new UnsupportedError('its output is no row of scores that depends on the input', {
      where: `${name}, output ${head.scores}`,
      hint: 'export the network with one row of scores an example',
    });
  }
  const folded = foldAffine(pruned(builder.nodes, scores.node));
  return {
    name,
    nodes: folded,
    input,
    link: head.link,
    scores: head.scores,
    task: head.task,
    ...(head.classes === undefined ? {} : { classes: head.classes }),
    leftOut: nodes
      .filter(({ operator }) => TRAINING_ONLY.has(operator))
      .map(({ name: node, operator }) => ({ node, operator })),
  };
}

function isRow(scores: Data, builder: GraphBuilder): boolean {
  return builder.at(scores).shape.isFlat && scores.dims.length === 1 && scores.node !== 0;
}
