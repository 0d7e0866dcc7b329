import { elementAt } from '@ciphernet/foundation';
import { type WrittenConstant, type WrittenNode, onnxToBytes } from '@ciphernet/formats';
import { BATCHNORM_EPSILON } from '@ciphernet/training';
import type { GraphNode, Pads, Teacher, Weighted } from './graph.js';
import { type WeightLayout, weightIn } from './layout.js';
import type { Student } from './student-weights.js';

type Attributes = NonNullable<WrittenNode['attributes']>;

/** An ONNX graph that grows node by node; images have their channels in front, as ONNX has them. */
class Writer {
  readonly nodes: WrittenNode[] = [];
  readonly constants = new Map<string, WrittenConstant>();

  constant(name: string, dims: readonly number[], values: WrittenConstant['values']): string {
    this.constants.set(name, { dims, values });
    return name;
  }

  /** Appends a node with one output, of its own name. @returns the output's name */
  node(name: string, operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    this.nodes.push({ name, operator, inputs, outputs: [name], attributes });
    return name;
  }

  /** x · factor + offset of each channel. */
  affine(name: string, input: string, factor: Float32Array, offset: Float32Array, isFlat: boolean): string {
    const dims = isFlat ? [factor.length] : [factor.length, 1, 1];
    const scaled = this.node(`${name}_scaled`, 'Mul', [input, this.constant(`${name}_factor`, dims, factor)]);
    return this.node(`${name}_shifted`, 'Add', [scaled, this.constant(`${name}_offset`, dims, offset)]);
  }
}

/** TensorFlow's height × width × inputs × filters to ONNX's filters × inputs × height × width. */
function planesOf(weights: Float32Array, taps: number, inputs: number, filters: number): Float32Array {
  const planes = new Float32Array(weights.length);
  for (let f = 0, at = 0; f < filters; f++) {
    for (let c = 0; c < inputs; c++) {
      for (let tap = 0; tap < taps; tap++) planes[at++] = weights[(tap * inputs + c) * filters + f] ?? 0;
    }
  }
  return planes;
}

const windowAttributes = (kernel: readonly number[], stride: readonly number[], pads: Pads): Attributes => ({
  kernel_shape: { integers: kernel },
  strides: { integers: stride },
  pads: { integers: pads },
});

/**
 * a·z² + b·z + c of z = (x − mean) / deviation as a·(z + b/2a)² + c − b²/4a: one square, and nothing beside it that would
 * have to be carried over it. Where a is 0, b is: see `boundedSquare`.
 */
function writePolynomial(
  writer: Writer,
  name: string,
  input: string,
  { shape, operation }: GraphNode,
  weight: (name: Parameters<typeof weightIn>[3]) => Float32Array,
): string {
  const scale = weight('variance').map((variance) => 1 / Math.sqrt(variance + BATCHNORM_EPSILON));
  const shift = weight('mean').map((mean, i) => -mean * elementAt(scale, i));
  const [linear, rest] = [weight('linear'), weight('constant')];
  if (operation.kind !== 'polynomial' || operation.degree === 1) {
    const offset = shift.map((value, i) => value * elementAt(linear, i) + elementAt(rest, i));
    return writer.affine(
      name,
      input,
      scale.map((value, i) => value * elementAt(linear, i)),
      offset,
      shape.isFlat,
    );
  }
  const square = weight('square');
  const turn = square.map((a, i) => (a === 0 ? 0 : elementAt(linear, i) / (2 * a)));
  const moved = writer.affine(
    `${name}_inner`,
    input,
    scale,
    shift.map((value, i) => value + elementAt(turn, i)),
    shape.isFlat,
  );
  const squared = writer.node(`${name}_squared`, 'Mul', [moved, moved]);
  const offset = rest.map((value, i) => value - elementAt(square, i) * elementAt(turn, i) ** 2);
  return writer.affine(name, squared, square, offset, shape.isFlat);
}

function writeNode(writer: Writer, student: Student, index: number, name: string, inputs: readonly string[]): string {
  const { graph, layout, weights } = student;
  const node = elementAt(graph.nodes, index);
  const weight = (of: Parameters<typeof weightIn>[3]): Float32Array => weightIn(layout, weights, index, of);
  const input = elementAt(inputs, 0);
  const { operation } = node;
  const bias = ({ isBiased, bias: { length } }: Weighted): string[] =>
    isBiased ? [writer.constant(`${name}_bias`, [length], weight('bias').slice())] : [];
  switch (operation.kind) {
    case 'conv2d': {
      const [height, width] = operation.kernel;
      const channels = shapeOfKernel(layout, index);
      const planes = planesOf(weight('kernel'), height * width, channels, operation.filters);
      const kernel = writer.constant(`${name}_kernel`, [operation.filters, channels, height, width], planes);
      return writer.node(
        name,
        'Conv',
        [input, kernel, ...bias(operation)],
        windowAttributes(operation.kernel, operation.stride, operation.pads),
      );
    }
    case 'dense': {
      const matrix = weight('kernel').slice();
      const kernel = writer.constant(`${name}_kernel`, [matrix.length / operation.units, operation.units], matrix);
      return writer.node(name, 'Gemm', [input, kernel, ...bias(operation)]);
    }
    case 'affine':
      return writer.affine(name, input, operation.factor, operation.offset, node.shape.isFlat);
    case 'polynomial':
      return writePolynomial(writer, name, input, node, weight);
    case 'pool':
      return writer.node(
        name,
        'AveragePool',
        [input],
        windowAttributes(operation.kernel, operation.stride, operation.pads),
      );
    case 'globalPool':
      return writer.node(name, 'GlobalAveragePool', [input]);
    case 'pad': {
      const [top, left, bottom, right] = operation.pads;
      const pads = { integers: [0, 0, top, left, 0, 0, bottom, right] };
      return writer.node(name, 'Pad', [input, writer.constant(`${name}_pads`, [8], pads)]);
    }
    case 'flatten': {
      const rows = operation.channelsFirst
        ? input
        : writer.node(`${name}_rows`, 'Transpose', [input], { perm: { integers: [0, 2, 3, 1] } });
      return writer.node(name, 'Flatten', [rows], { axis: { integer: 1 } });
    }
    case 'unflatten': {
      const { channels, height, width } = node.shape;
      const dims = writer.constant(`${name}_dims`, [4], { integers: [-1, channels, height, width] });
      return writer.node(name, 'Reshape', [input, dims]);
    }
    case 'add':
      return writer.node(name, 'Add', inputs);
    case 'concat':
      return writer.node(name, 'Concat', inputs, { axis: { integer: 1 } });
    case 'input':
    case 'activation':
      throw new Error(`${operation.kind} in a converted network`);
  }
}

function shapeOfKernel({ slots }: WeightLayout, node: number): number {
  const slot = slots.find((entry) => entry.node === node && entry.name === 'kernel');
  return slot?.shape[2] ?? 0;
}

/** The input as the first node reads it: images with their channels in front, everything else in one row. */
function writeInput(writer: Writer, { input, nodes }: Pick<Teacher, 'input' | 'nodes'>): string {
  if (input.layout === 'nhwc') {
    return writer.node('channels_first', 'Transpose', [input.name], { perm: { integers: [0, 3, 1, 2] } });
  }
  const isRow = input.shape.length === 1 || elementAt(nodes, 0).shape.isFlat === false;
  return isRow ? input.name : writer.node('in_a_row', 'Flatten', [input.name], { axis: { integer: 1 } });
}

/** What the original applies to its scores at last; its labels, where there are names for them. */
function writeHead(
  writer: Writer,
  scores: string,
  link: Teacher['link'],
  classes: readonly string[] | undefined,
): string[] {
  if (link !== 'softmax' && link !== 'sigmoid') return [scores];
  const probabilities =
    link === 'softmax'
      ? writer.node('probabilities', 'Softmax', [scores], { axis: { integer: 1 } })
      : writer.node('probabilities', 'Sigmoid', [scores]);
  if (classes === undefined || link === 'sigmoid') return [probabilities];
  writer.nodes.push({
    name: 'named',
    operator: 'ZipMap',
    domain: 'ai.onnx.ml',
    inputs: [probabilities],
    outputs: ['named'],
    attributes: { classlabels_strings: { texts: classes } },
  });
  return ['named'];
}

/**
 * A converted network as an ONNX file that reads and gives what the original does.
 *
 * @param teacher the original: its input, what it applies at last, its classes
 * @param name of the converted network, which is not the original's
 * @param metadata what it was converted from
 */
export function writeStudent(
  student: Student,
  teacher: Pick<Teacher, 'input' | 'nodes' | 'link' | 'classes'>,
  name: string,
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const writer = new Writer();
  const names: string[] = [];
  student.graph.nodes.forEach((node, index) => {
    if (index === 0) names.push(writeInput(writer, teacher));
    else {
      const inputs = node.from.map((source) => elementAt(names, source));
      names.push(writeNode(writer, student, index, `${node.operation.kind}_${index}`, inputs));
    }
  });
  const outputs = student.graph.nodes.at(-1)?.shape.channels ?? 0;
  const scores = elementAt(names, names.length - 1);
  const [output = scores] = writeHead(writer, scores, teacher.link, teacher.classes);
  return onnxToBytes({
    name,
    producer: 'ciphernet model convert',
    input: { name: teacher.input.name, shape: teacher.input.shape },
    outputs: [output === 'named' ? { name: output } : { name: output, shape: [outputs] }],
    constants: writer.constants,
    nodes: writer.nodes,
    metadata,
  });
}
