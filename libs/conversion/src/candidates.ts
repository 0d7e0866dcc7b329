import { InputError, elementAt } from '@ciphernet/foundation';
import { type LayerTopology, type Shape, outputShape } from '@ciphernet/network';
import { modelSpec, stream } from '@ciphernet/training';
import { type GraphNode, type LayerGraph, type Operation, type ValueShape, activationsOf } from './graph.js';

/** A structure that a conversion may take: which activations become squares, of the original or of a network of the zoo. */
export interface Candidate {
  /** Names of the activations' nodes, or of the network of the zoo. */
  readonly name: string;
  readonly kind: 'original' | 'zoo';
  readonly graph: LayerGraph;
  /** Places among the graph's nodes. */
  readonly squares: ReadonlySet<number>;
}

/** Squares one after the other that the scheme evaluates. */
const MOST_SQUARES = 2;
/** With more activations than this, pairs of so many of them are tried, from the first to the last at equal distances. */
const MOST_ACTIVATIONS = 5;
/** The network of the zoo that is tried besides. */
const ZOO = 'cnn';

function evenly(places: readonly number[], count: number): number[] {
  if (places.length <= count) return [...places];
  return Array.from({ length: count }, (_, i) =>
    elementAt(places, Math.round((i * (places.length - 1)) / (count - 1))),
  );
}

/** Pairs of activations of the original, or all where there are at most two. */
function ofOriginal(graph: LayerGraph): Candidate[] {
  const places = activationsOf(graph);
  const candidate = (squares: readonly number[]): Candidate => ({
    name: squares.map((place) => elementAt(graph.nodes, place).name).join(', ') || 'linear',
    kind: 'original',
    graph,
    squares: new Set(squares),
  });
  if (places.length <= MOST_SQUARES) return [candidate(places)];
  const tried = evenly(places, MOST_ACTIVATIONS);
  return tried.flatMap((first, i) => tried.slice(i + 1).map((second) => candidate([first, second])));
}

function operationOf(layer: LayerTopology, input: ValueShape, seed: number, index: number): Operation {
  const random = stream(seed, `zoo ${index}`, 0);
  const kernel = (size: number, fanIn: number): Float32Array =>
    Float32Array.from({ length: size }, () => random.normal() / Math.sqrt(fanIn));
  switch (layer.kind) {
    case 'conv2d': {
      const fanIn = layer.kernel[0] * layer.kernel[1] * input.channels;
      const { filters, kernel: window, stride } = layer;
      const weights = kernel(fanIn * filters, fanIn);
      return {
        kind: 'conv2d',
        filters,
        kernel: window,
        stride,
        pads: [0, 0, 0, 0],
        weights,
        bias: new Float32Array(filters),
        isBiased: true,
      };
    }
    case 'dense':
      return {
        kind: 'dense',
        units: layer.units,
        weights: kernel(input.channels * layer.units, input.channels),
        bias: new Float32Array(layer.units),
        isBiased: true,
      };
    case 'flatten':
      return { kind: 'flatten', channelsFirst: false };
    case 'square':
      return { kind: 'activation', functionOf: () => (x) => x * x };
    default:
      throw new RangeError(`${layer.kind} in a network of the zoo`);
  }
}

/** A network of the zoo with weights as training starts from them: N(0, 1/fan-in). */
export function zooGraph(name: string, input: Shape, outputs: number, seed: number): LayerGraph {
  const layers: readonly LayerTopology[] = [...modelSpec(name).layers, { kind: 'dense', units: outputs }];
  const nodes: GraphNode[] = [
    { name: 'input', operator: 'input', operation: { kind: 'input' }, from: [], shape: { ...input, isFlat: false } },
  ];
  layers.forEach((layer, i) => {
    const before = elementAt(nodes, i).shape;
    const isFlat = before.isFlat || layer.kind === 'flatten';
    const shape = { ...outputShape(layer, before, `${name}, layer ${i}`), isFlat };
    const operation = operationOf(layer, before, seed, i);
    nodes.push({ name: `${name} ${layer.kind} ${i}`, operator: layer.kind, operation, from: [i], shape });
  });
  return { name, nodes };
}

/** Smallest side of an image that the network of the zoo reads. */
const LEAST_SIDE = 16;

/**
 * Structures to try, of which a short training decides: pairs of the original's activations, and where the input is an
 * image a network of the zoo.
 */
export function candidatesOf(graph: LayerGraph, seed: number): Candidate[] {
  const original = ofOriginal(graph);
  const { shape } = elementAt(graph.nodes, 0);
  if (shape.isFlat || shape.height < LEAST_SIDE || shape.width < LEAST_SIDE) return original;
  const outputs = elementAt(graph.nodes, graph.nodes.length - 1).shape.channels;
  const zoo = zooGraph(ZOO, shape, outputs, seed);
  return [
    ...original,
    { name: `network '${ZOO}' of the zoo`, kind: 'zoo', graph: zoo, squares: new Set(activationsOf(zoo)) },
  ];
}

/**
 * The structure whose squares are at nodes that somebody names.
 *
 * @throws InputError for a name that is no activation's
 */
export function chosenCandidate(graph: LayerGraph, names: readonly string[]): Candidate {
  const places = activationsOf(graph);
  const squares = names.map((name) => {
    const found = places.find((place) => elementAt(graph.nodes, place).name === name);
    if (found !== undefined) return found;
    throw new InputError(`there is no activation '${name}'`, {
      where: graph.name,
      hint: `its activations are ${places.map((place) => elementAt(graph.nodes, place).name).join(', ') || 'none'}`,
    });
  });
  return { name: names.join(', '), kind: 'original', graph, squares: new Set(squares) };
}
