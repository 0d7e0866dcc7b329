import { InputError, UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { OnnxGraph, OnnxNode, OnnxPort } from '@ciphernet/formats';

/** What makes predictions of a model's outputs. */
export type Link = 'softmax' | 'sigmoid' | 'identity' | 'score';

export type Task = 'classification' | 'regression' | 'unknown';

/** The end of a model: what is computed, and what is left to the reader of the scores. */
export interface Head {
  /** Name of the value that is the model's scores. */
  readonly scores: string;
  readonly link: Link;
  readonly task: Task;
  readonly classes?: readonly string[];
  /** A node whose own post-transform is left out. */
  readonly last: OnnxNode | undefined;
  readonly notes: readonly string[];
}

/** Operators that only move values; a head may stand behind them. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Dropout',
]);

const HEADS: Readonly<Record<string, Link>> = {
  Softmax: 'softmax',
  LogSoftmax: 'softmax',
  Sigmoid: 'sigmoid',
  Normalizer: 'score',
  ZipMap: 'score',
  ArgMax: 'score',
  TopK: 'score',
  Hardmax: 'score',
};

const LINK_OF_TRANSFORM: Readonly<Record<string, Link>> = {
  SOFTMAX: 'softmax',
  SOFTMAX_ZERO: 'softmax',
  LOGISTIC: 'sigmoid',
  PROBIT: 'score',
  NONE: 'score',
};

function labelsOf(node: OnnxNode): readonly string[] | undefined {
  for (const name of ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints']) {
    const attribute = node.attributes.get(name);
    if (attribute?.kind === 'texts' && attribute.value.length > 0) return attribute.value;
    if (attribute?.kind === 'numbers' && attribute.value.length > 0) return attribute.value.map(String);
  }
  return undefined;
}

/** The output that holds scores or probabilities: of a classifier with labels as well, not the labels. */
function outputOf(graph: OnnxGraph, producers: ReadonlyMap<string, OnnxNode>): OnnxPort {
  const { outputs } = graph;
  if (outputs.length === 1) return elementAt(outputs, 0);
  const isScores = ({ name, kind, type }: OnnxPort): boolean => {
    if (kind === 'sequence' || producers.get(name)?.operator === 'ZipMap') return true;
    return kind === 'tensor' && (type === 'float32' || type === 'float64' || type === 'float16');
  };
  const scores = outputs.filter(isScores);
  if (scores.length === 1) return elementAt(scores, 0);
  throw new UnsupportedError(`${outputs.length} outputs: ${outputs.map(({ name }) => name).join(', ')}`, {
    where: graph.name,
    hint: 'export the model with one output, or with labels and probabilities',
  });
}

/** @throws InputError for a node that reads nothing, which only a damaged file has */
function firstInputOf(node: OnnxNode): string {
  const [first] = node.inputs;
  if (first !== undefined) return first;
  throw new InputError(`${node.operator}: input 0 is missing`, {
    where: `node ${node.name}`,
    hint: 'the file is damaged; export the model again',
  });
}

/** The names of one value before operators that only move it. */
function originOf(name: string, producers: ReadonlyMap<string, OnnxNode>): string {
  let at = name;
  for (let node = producers.get(at); node !== undefined && TRANSPARENT.has(node.operator); node = producers.get(at)) {
    at = firstInputOf(node);
  }
  return at;
}

/**
 * The logits of a softmax that is written out: exp(x − logSumExp(x)), as of Bayesian classifiers, or
 * exp(x − max x) / Σ exp(x − max x).
 */
function writtenOutSoftmax(node: OnnxNode, producers: ReadonlyMap<string, OnnxNode>): string | undefined {
  const made = (name: string | undefined, operator: string): OnnxNode | undefined => {
    const producer = name === undefined ? undefined : producers.get(name);
    return producer?.operator === operator ? producer : undefined;
  };
  const shifted = (name: string | undefined, by: string): string | undefined => {
    const difference = made(name, 'Sub');
    const [x, shift] = difference?.inputs ?? [];
    if (x === undefined || shift === undefined) return undefined;
    const reduced = made(originOf(shift, producers), by);
    return reduced?.inputs[0] === x ? x : undefined;
  };
  if (node.operator === 'Exp') return shifted(node.inputs[0], 'ReduceLogSumExp');
  if (node.operator === 'Sub') return shifted(node.outputs[0], 'ReduceLogSumExp');
  if (node.operator !== 'Div') return undefined;
  const [numerator, denominator] = node.inputs;
  const exponential = made(numerator, 'Exp');
  const total = denominator === undefined ? undefined : made(originOf(denominator, producers), 'ReduceSum');
  if (exponential === undefined || total?.inputs[0] !== numerator) return undefined;
  return shifted(exponential.inputs[0], 'ReduceMax') ?? exponential.inputs[0];
}

/** Classes that some node names, for models whose probabilities are a plain tensor. */
function classesElsewhere(graph: OnnxGraph): readonly string[] | undefined {
  for (const node of graph.nodes) {
    const labels = labelsOf(node);
    if (labels !== undefined) return labels;
    const first = graph.initialisers.get(node.inputs[0] ?? '');
    if (node.operator !== 'ArrayFeatureExtractor' || first === undefined) continue;
    return first.texts ?? Array.from(first.values, String);
  }
  return undefined;
}

/** Finds where the computation ends: a last softmax, sigmoid, label or normalisation is cut, and recorded as the link. */
export function headOf(graph: OnnxGraph): Head {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const notes: string[] = [];
  const output = outputOf(graph, producers);
  let scores = output.name;
  let link: Link = 'identity';
  let task: Task = 'unknown';
  let classes: readonly string[] | undefined;
  let last: OnnxNode | undefined;
  for (const { name } of graph.outputs) if (name !== scores) notes.push(`output ${name} is left out`);
  for (let at = scores; ;) {
    const node = producers.get(originOf(at, producers));
    if (node === undefined) break;
    const logits = writtenOutSoftmax(node, producers);
    const cut: Link | undefined = logits === undefined ? HEADS[node.operator] : 'softmax';
    if (cut !== undefined) {
      scores = at = logits ?? firstInputOf(node);
      link = cut;
      task = 'classification';
      classes ??= labelsOf(node);
      notes.push(`${logits === undefined ? node.operator : 'softmax'} ${node.name} is applied to the decrypted scores`);
      continue;
    }
    if (node.operator === 'LinearClassifier' || node.operator === 'SVMClassifier') {
      const transform = node.attributes.get('post_transform');
      const isPlatt = node.operator === 'SVMClassifier' && node.attributes.has('prob_a');
      link = isPlatt
        ? 'sigmoid'
        : (LINK_OF_TRANSFORM[transform?.kind === 'text' ? transform.value : 'NONE'] ?? 'score');
      task = 'classification';
      classes = labelsOf(node) ?? classes;
      // Of its labels only the scores can be followed.
      scores = node.outputs[1] ?? scores;
      last = node;
    } else if (node.operator === 'LinearRegressor' || node.operator === 'SVMRegressor') {
      if (task === 'unknown') task = 'regression';
      last = node;
    }
    break;
  }
  if (task === 'classification') classes ??= classesElsewhere(graph);
  return { scores, link, task, ...(classes === undefined ? {} : { classes }), last, notes };
}
