import { circuitFromOnnx, evaluateCircuit } from '@ciphernet/compiler';
import { type WrittenNode, onnxFromBytes } from '@ciphernet/formats';
import { elementAt } from '@ciphernet/foundation';
import { selectBackend } from '@ciphernet/training';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { conditioned } from '../src/condition.js';
import { type Teacher, activationsOf } from '../src/graph.js';
import { weightIn } from '../src/layout.js';
import { readTeacher } from '../src/read-teacher.js';
import { scoresOf } from '../src/settle.js';
import { replacementsOf } from '../src/student.js';
import { type Student, momentsOf, runTeacher, startStudent } from '../src/student-weights.js';
import { writeStudent } from '../src/write-student.js';
import { CASES } from './cases.js';
import {
  type GraphPlan,
  apart,
  bytesOf,
  channelsLast,
  graphOf,
  node,
  noise,
  reals,
  runOnnx,
  weights,
} from './graphs.js';

beforeAll(async () => {
  await selectBackend(['wasm']);
});

const BATCHNORM_EPSILON = 1e-3;
const sizeOf = ({ input }: GraphPlan): number => input.reduce((product, side) => product * side, 1);
const asRead = (plan: GraphPlan, values: Float32Array): Float32Array =>
  plan.input.length === 3 ? channelsLast(values, plan.input) : values;

/** A network with two maxima, dropout and three activations, of which two may become squares. */
const NETWORK: GraphPlan = {
  input: [1, 10, 10],
  outputs: 3,
  nodes: [
    node('conv', 'Conv', ['x', 'k', 'kb']),
    node('first', 'Relu', ['conv']),
    node('pool', 'MaxPool', ['first'], { kernel_shape: { integers: [2, 2] }, strides: { integers: [2, 2] } }),
    node('second', 'LeakyRelu', ['pool']),
    node('flat', 'Flatten', ['second']),
    node('drop', 'Dropout', ['flat']),
    node('dense', 'Gemm', ['drop', 'v', 'vb']),
    node('third', 'Relu', ['dense']),
    node('y', 'Gemm', ['third', 'w', 'b']),
  ],
  constants: {
    k: weights([4, 1, 3, 3], 1, 9),
    kb: weights([4], 2),
    v: weights([64, 6], 3, 64),
    vb: weights([6], 4),
    w: weights([6, 3], 5, 6),
    b: weights([3], 6),
  },
};

function studentFor(plan: GraphPlan, names: readonly string[], examples = 400): { student: Student; teacher: Teacher } {
  const teacher = readTeacher(graphOf(plan), 'net');
  const squares = new Set(activationsOf(teacher).filter((i) => names.includes(elementAt(teacher.nodes, i).name)));
  const values = asRead(plan, noise(examples * sizeOf(plan), 21));
  return { teacher, student: startStudent(teacher, squares, momentsOf(teacher, values)) };
}

/** Polynomials that do nothing: z·deviation + mean of the normalised z. */
function withIdentities(student: Student): Student {
  const values = student.weights.slice();
  const at = (index: number, name: Parameters<typeof weightIn>[3]): Float32Array =>
    weightIn(student.layout, values, index, name);
  student.graph.nodes.forEach(({ operation, from }, index) => {
    if (operation.kind !== 'polynomial') return;
    if (operation.degree === 2) at(index, 'square').fill(0);
    const before = elementAt(student.graph.nodes, elementAt(from, 0)).operation;
    const bias = (before.kind === 'conv2d' || before.kind === 'dense') && !before.isBiased ? before.bias : undefined;
    at(index, 'linear').set(at(index, 'variance').map((variance) => Math.sqrt(variance + BATCHNORM_EPSILON)));
    at(index, 'constant').set(at(index, 'mean').map((mean, c) => mean + (bias?.[c] ?? 0)));
  });
  return { ...student, weights: values };
}

/** The file with activations as identities and maxima as means. */
function linearised(plan: GraphPlan): Uint8Array {
  const nodes = plan.nodes.map((entry): WrittenNode => {
    if (['Relu', 'LeakyRelu'].includes(entry.operator)) return { ...entry, operator: 'Identity', attributes: {} };
    return entry.operator === 'MaxPool' ? { ...entry, operator: 'AveragePool' } : entry;
  });
  return bytesOf({ ...plan, nodes });
}

describe('a converted network before it is trained', () => {
  it('has every activation and every maximum replaced, and nothing else', () => {
    const teacher = readTeacher(graphOf(NETWORK), 'net');
    const [first = 0, , third = 0] = activationsOf(teacher);
    expect(replacementsOf(teacher, new Set([first, third]))).toEqual([
      { node: 'first', operator: 'Relu', by: 'square' },
      { node: 'pool', operator: 'MaxPool', by: 'average pooling' },
      { node: 'second', operator: 'LeakyRelu', by: 'linear' },
      { node: 'third', operator: 'Relu', by: 'square' },
    ]);
  });

  it('is the linearised original where its polynomials do nothing: weights are copied exactly', async () => {
    const { student, teacher } = studentFor(NETWORK, ['first', 'third']);
    const values = noise(7 * sizeOf(NETWORK), 5);
    const expected = await runOnnx(linearised(NETWORK), NETWORK.input, values);
    const identity = withIdentities(student);
    expect(apart(scoresOf(identity, asRead(NETWORK, values)), expected)).toBeLessThan(1e-4);
    // A file has squares completed, which needs one: it is written of lines alone.
    const lines = withIdentities(studentFor(NETWORK, []).student);
    const written = writeStudent(lines, teacher, 'student', new Map());
    expect(apart(await runOnnx(written, NETWORK.input, values), expected)).toBeLessThan(1e-4);
    student.graph.nodes.forEach(({ operation }, index) => {
      if (operation.kind !== 'conv2d' && operation.kind !== 'dense') return;
      expect(weightIn(student.layout, student.weights, index, 'kernel')).toEqual(operation.weights);
    });
  });

  it.each(CASES)('is written as an ONNX file that gives the same scores, and is a circuit: %s', async (_, plan) => {
    const teacher = readTeacher(graphOf(plan), 'net');
    const [first, last] = [activationsOf(teacher)[0], activationsOf(teacher).at(-1)];
    const values = asRead(plan, noise(300 * sizeOf(plan), 8));
    const squares = new Set([first, last].filter((place) => place !== undefined));
    const student = startStudent(teacher, squares, momentsOf(teacher, values));
    const bytes = writeStudent(student, teacher, 'student', new Map());
    const planes = noise(4 * sizeOf(plan), 9);
    const ours = scoresOf(student, asRead(plan, planes));
    expect(apart(await runOnnx(bytes, plan.input, planes), ours)).toBeLessThan(1e-3);
    const { circuit } = circuitFromOnnx(onnxFromBytes(bytes, 'student').graph, 'student');
    expect(circuit.maps).toHaveLength(squares.size + 1);
    expect(apart(evaluateCircuit(circuit, asRead(plan, planes)), ours)).toBeLessThan(1e-3);
  });

  it('ends as the original does: probabilities, and names of classes where there are any', () => {
    const plan: GraphPlan = {
      ...NETWORK,
      nodes: [
        ...NETWORK.nodes.slice(0, -1),
        node('scores', 'Gemm', ['third', 'w', 'b']),
        node('y', 'Softmax', ['scores']),
      ],
    };
    const { student, teacher } = studentFor(plan, ['first']);
    expect(teacher.link).toBe('softmax');
    const classes = ['coat', 'dress', 'shirt'];
    const bytes = writeStudent(student, { ...teacher, classes }, 'student', new Map([['key', 'value']]));
    const { graph, metadata } = onnxFromBytes(bytes, 'student');
    expect(circuitFromOnnx(graph, 'student')).toMatchObject({ link: 'softmax', task: 'classification', classes });
    expect([...metadata]).toEqual([['key', 'value']]);
  });
});

describe('an easier network for training', () => {
  it.each<[string, GraphPlan, number]>([
    [
      'a table of values far from 0',
      {
        input: [3],
        nodes: [node('h', 'Gemm', ['x', 'v', 'vb']), node('r', 'Relu', ['h']), node('y', 'Gemm', ['r', 'w'])],
        constants: { v: weights([3, 4], 1), vb: reals([4], [1, 2, 3, 4]), w: weights([4, 2], 2) },
      },
      1000,
    ],
    [
      'images of bytes, with padding',
      {
        input: [1, 5, 5],
        nodes: [
          node('h', 'Conv', ['x', 'k'], { pads: { integers: [1, 1, 1, 1] } }),
          node('r', 'Relu', ['h']),
          node('f', 'Flatten', ['r']),
          node('y', 'Gemm', ['f', 'w']),
        ],
        constants: { k: weights([2, 1, 3, 3], 1), w: weights([50, 2], 2) },
      },
      255,
    ],
  ])('computes the same from standardised inputs: %s', (_, plan, scale) => {
    const teacher = readTeacher(graphOf(plan), 'net');
    const values = noise(50 * sizeOf(plan), 3).map((value) => scale * (value + 3));
    const graph = conditioned(teacher, values);
    expect(elementAt(graph.nodes, 1).operation.kind).toBe('affine');
    const expected = runTeacher(teacher, values);
    const largest = Math.max(...expected.map(Math.abs));
    expect(apart(runTeacher(graph, values), expected)).toBeLessThan(1e-5 * largest);
  });

  it('is left as it is where pixels are in [0, 1]', () => {
    const teacher = readTeacher(graphOf(NETWORK), 'net');
    const values = noise(20 * 100, 3).map((value) => Math.abs(Math.tanh(value)));
    expect(conditioned(teacher, values)).toBe(teacher);
  });
});
