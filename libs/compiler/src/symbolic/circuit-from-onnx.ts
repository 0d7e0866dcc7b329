import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { OnnxGraph } from '@ciphernet/formats';
import type { Circuit } from '../circuit.js';
import { assemble } from './assemble.js';
import type { Link, Task } from './head.js';
import { type OnnxInterface, interfaceOfOnnx } from './interface.js';
import { interpret } from './interpret.js';
import { newLevels } from './levels.js';
import { type Data, sizeOfDims } from './value.js';

/** A model of another program as a circuit. */
export interface ImportedCircuit {
  readonly circuit: Circuit;
  /**
   * The model's own input. The circuit reads images as height × width × channels whatever the layout: of `nchw` its first
   * map is permuted, of `nhwc` and `flat` it is as it was.
   */
  readonly input: OnnxInterface['input'];
  /** The value of the graph that the circuit's outputs are; it has a head of its own where a node's post-transform is left out. */
  readonly scores: {
    readonly name: string;
    readonly hasHead: boolean;
    /** True where runtimes give both classes of one score, the score itself first: of support vectors without probabilities. */
    readonly isFirst: boolean;
  };
  /** Scores an example. A classifier of two classes with one score decides for the second where it is above 0. */
  readonly outputs: number;
  /** What makes predictions of the decrypted scores; `score` orders them only. */
  readonly link: Link;
  /** Labels in the order of the model, of classifiers that name them. */
  readonly classes?: readonly string[];
  readonly task: Task;
  /** What was cut or left out, for a person. */
  readonly notes: readonly string[];
}

/**
 * Makes a circuit of an ONNX model by following its input through the graph: each value is a constant, or affine in the
 * squares of its level.
 *
 * The circuit's inputs are what a dataset gives: a table's features as they are, an image as HEIGHT × WIDTH × CHANNELS,
 * channels innermost. Of a model that reads [N, C, H, W] the first map is permuted accordingly.
 *
 * A last softmax, sigmoid, normalisation or choice of a label is cut and becomes the `link`; a classifier with labels and
 * probabilities is followed by its probabilities.
 *
 * @param graph of `onnxFromBytes` or `readOnnx`
 * @param name the circuit's
 * @throws UnsupportedError with node, operator, tensor, reason and what to do, for what no circuit of two squares
 * computes; InputError for a graph that does not hold together
 */
export function circuitFromOnnx(graph: OnnxGraph, name: string): ImportedCircuit {
  const named = { ...graph, name };
  const { input, head } = interfaceOfOnnx(graph, name);
  const { shape, layout } = input;
  const size = sizeOfDims(shape);
  const levels = newLevels(size);
  const rows = Array.from({ length: size }, (_, i) => ({ inputs: [i], values: [1], bias: 0 }));
  const value: Data = { kind: 'data', dims: [1, ...shape], level: 0, rows };
  const scores = interpret(named, head, { name: input.name, value }, levels);
  if (scores.kind === 'constant' || scores.rows.length === 0 || scores.dims[0] !== 1) {
    throw new UnsupportedError(
      scores.kind === 'constant' ? 'its output does not depend on the input' : `an output of ${scores.dims.join('×')}`,
      { where: `${name}, output ${head.scores}`, hint: 'export the model with one row of scores an example' },
    );
  }
  const [channels = 1, height = 1, width = 1] = shape;
  const area = height * width;
  const position = (i: number): number => (layout === 'nchw' ? (i % area) * channels + Math.floor(i / area) : i);
  const circuit = assemble(levels, scores, position, name);
  const outputs = elementAt(circuit.maps, circuit.maps.length - 1).outputs;
  const { link, task, classes, notes } = head;
  const hasClasses = classes !== undefined && (classes.length === outputs || (classes.length === 2 && outputs === 1));
  return {
    circuit,
    input,
    scores: {
      name: head.scores,
      hasHead: head.last !== undefined && (link === 'softmax' || link === 'sigmoid'),
      isFirst: head.last?.operator === 'SVMClassifier' && link === 'score',
    },
    outputs,
    link,
    ...(hasClasses ? { classes } : {}),
    task,
    notes,
  };
}
