import { describe, expect, it } from '@jest/globals';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { circuitFromOnnx } from '../src/symbolic/circuit-from-onnx.js';
import {
  type AttributeValue,
  type GraphPlan,
  type NodePlan,
  floats,
  graphOf,
  integers,
  modelBytes,
} from './onnx-graphs.js';
import { expectSame, runOnnx } from './onnx-oracle.js';
import { lcg } from './random-network.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function softmax(scores: readonly number[]): number[] {
  const powers = scores.map(Math.exp);
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

const constants = { w: floats([4, 3], [1, -2, 0.5, 0.3, 1, -1, 0.25, 2, -0.5, 1, 1, -0.75]), one: integers([1]) };
const dense: NodePlan = { op: 'MatMul', inputs: ['x', 'w'], outputs: ['z'] };

function headed(...nodes: readonly NodePlan[]): GraphPlan {
  return { input: [-1, 4], nodes: [dense, ...nodes], constants, opset: 13 };
}

const node = (
  op: string,
  input: string,
  output: string,
  attributes: Record<string, AttributeValue> = {},
): NodePlan => ({
  op,
  inputs: [input],
  outputs: [output],
  attributes,
});

const classifier = (rows: number, transform: string, labels: readonly string[], negated = false): GraphPlan => {
  const random = lcg(3);
  const first = Array.from({ length: 4 }, () => random() - 0.5);
  const coefficients = negated
    ? [...first.map((value) => -value), ...first]
    : Array.from({ length: 4 * rows }, () => random() - 0.5);
  const intercepts = negated ? [-0.25, 0.25] : Array.from({ length: rows }, () => random());
  return {
    input: [-1, 4],
    nodes: [
      {
        op: 'LinearClassifier',
        inputs: ['x'],
        outputs: ['label', 'scores'],
        ml: true,
        attributes: {
          coefficients: { floats: coefficients },
          intercepts: { floats: intercepts },
          classlabels_strings: labels,
          post_transform: transform,
        },
      },
    ],
    outputs: ['scores'],
  };
};

describe('the end of a model', () => {
  it.each<[string, GraphPlan, (scores: readonly number[]) => readonly number[], string]>([
    ['Softmax', headed(node('Softmax', 'z', 'y')), softmax, 'softmax'],
    ['LogSoftmax', headed(node('LogSoftmax', 'z', 'y')), (s) => softmax(s).map(Math.log), 'softmax'],
    ['Sigmoid', headed(node('Sigmoid', 'z', 'y')), (s) => s.map(sigmoid), 'sigmoid'],
    [
      'ArgMax',
      headed(node('ArgMax', 'z', 'i', { axis: 1 }), node('Cast', 'i', 'y', { to: 1 })),
      (s) => [s.indexOf(Math.max(...s))],
      'score',
    ],
    [
      'Softmax behind a reshape',
      headed(node('Softmax', 'z', 'q'), { op: 'Unsqueeze', inputs: ['q', 'one'], outputs: ['y'] }),
      softmax,
      'softmax',
    ],
    [
      'a softmax that is written out by logarithms',
      headed(
        node('ReduceLogSumExp', 'z', 'e', { axes: [1], keepdims: 1 }),
        { op: 'Sub', inputs: ['z', 'e'], outputs: ['l'] },
        node('Exp', 'l', 'y'),
      ),
      softmax,
      'softmax',
    ],
    [
      'a softmax that is written out by a quotient',
      headed(
        node('ReduceMax', 'z', 'm', { axes: [1], keepdims: 1 }),
        { op: 'Sub', inputs: ['z', 'm'], outputs: ['l'] },
        node('Exp', 'l', 'e'),
        { op: 'ReduceSum', inputs: ['e', 'one'], outputs: ['t'] },
        { op: 'Div', inputs: ['e', 't'], outputs: ['y'] },
      ),
      softmax,
      'softmax',
    ],
  ])('%s is cut and recorded', async (_, plan, apply, link) => {
    const imported = await expectSame(plan, apply);
    expect(imported).toMatchObject({ link, task: 'classification' });
    expect(imported.notes.join()).toMatch(/is applied to the decrypted scores/);
  });

  it('gives the scores of a classifier, one of two classes that are each other negated', async () => {
    const three = await expectSame(classifier(3, 'SOFTMAX', ['a', 'b', 'c']), softmax, 'scores');
    expect(three).toMatchObject({ link: 'softmax', outputs: 3, classes: ['a', 'b', 'c'], task: 'classification' });
    const both = classifier(2, 'LOGISTIC', ['no', 'yes'], true);
    const one = await expectSame(both, ([z = 0]) => [1 - sigmoid(z), sigmoid(z)], 'scores');
    expect(one).toMatchObject({ link: 'sigmoid', outputs: 1, classes: ['no', 'yes'] });
    const apart = await expectSame(classifier(2, 'LOGISTIC', ['no', 'yes']), (s) => s.map(sigmoid), 'scores');
    expect(apart).toMatchObject({ link: 'sigmoid', outputs: 2 });
    const single = await expectSame(
      classifier(1, 'LOGISTIC', ['no', 'yes']),
      ([z = 0]) => [1 - sigmoid(z), sigmoid(z)],
      'scores',
    );
    expect(single).toMatchObject({ link: 'sigmoid', outputs: 1, classes: ['no', 'yes'] });
  });

  it('follows the probabilities of a model with labels, and says what it left out', () => {
    const plan = classifier(3, 'SOFTMAX', ['a', 'b', 'c']);
    const graph = graphOf({
      ...plan,
      nodes: [
        ...plan.nodes,
        {
          op: 'ZipMap',
          inputs: ['scores'],
          outputs: ['maps'],
          ml: true,
          attributes: { classlabels_strings: ['a', 'b', 'c'] },
        },
      ],
      outputs: ['label', 'maps'],
    });
    const imported = circuitFromOnnx(graph, 'two outputs');
    expect(imported).toMatchObject({ link: 'softmax', outputs: 3, classes: ['a', 'b', 'c'] });
    expect(imported.notes).toContain('output label is left out');
  });

  it('says nothing of the task of a model that ends in plain scores', () => {
    expect(circuitFromOnnx(graphOf(headed()), 'plain')).toMatchObject({
      link: 'identity',
      task: 'unknown',
      outputs: 3,
    });
  });
});

describe('support vector machines', () => {
  const machine = (
    kernel: string,
    parameters: readonly number[],
    count: number,
    more: Record<string, AttributeValue> = {},
    op = 'SVMClassifier',
  ): GraphPlan => {
    const random = lcg(count);
    const floatsOf = (length: number): { floats: number[] } => ({
      floats: Array.from({ length }, () => 2 * random() - 1),
    });
    const half = Math.floor(count / 2);
    return {
      input: [-1, 4],
      nodes: [
        {
          op,
          inputs: ['x'],
          outputs: op === 'SVMClassifier' ? ['label', 'scores'] : ['scores'],
          ml: true,
          attributes: {
            kernel_type: kernel,
            kernel_params: { floats: parameters },
            coefficients: floatsOf(count),
            support_vectors: floatsOf(4 * count),
            rho: { floats: [0.3] },
            ...(op === 'SVMClassifier'
              ? { vectors_per_class: [half, count - half], classlabels_strings: ['a', 'b'] }
              : { n_supports: count }),
            ...more,
          },
        },
      ],
      outputs: ['scores'],
    };
  };

  it.each([
    ['a linear kernel', 'LINEAR', [0, 0, 0], 6, []],
    ['a polynomial kernel of degree 1', 'POLY', [0.5, 0.25, 1], 6, []],
    ['a polynomial kernel of degree 2, of few vectors', 'POLY', [0.5, 1, 2], 4, [4]],
    ['a polynomial kernel of degree 2, by eigenvectors', 'POLY', [0.5, 1, 2], 40, [5]],
    ['a homogeneous polynomial kernel', 'POLY', [0.5, 0, 2], 40, [4]],
  ])('regress by %s', async (_, kernel, parameters, count, squares) => {
    const { circuit, task } = await expectSame(machine(kernel, parameters, count, {}, 'SVMRegressor'));
    expect(circuit.maps.slice(0, -1).map(({ outputs }) => outputs)).toEqual(squares);
    expect(task).toBe('regression');
  });

  it('classify: above 0 is the second class', async () => {
    const plan = machine('POLY', [0.5, 1, 2], 40);
    // ONNX Runtime gives these scores in the other order, but the labels in ours.
    const imported = await expectSame(plan, ([z = 0]) => [z, -z], 'scores');
    const values = Float32Array.of(0.5, -0.25, 1, 0.75);
    const label = await runOnnx(modelBytes({ ...plan, outputs: ['label'] }), [1, 4], values, 'label');
    const [score = 0] = evaluateCircuit(imported.circuit, values);
    expect(label).toEqual([score > 0 ? 'b' : 'a']);
    expect(imported).toMatchObject({ link: 'score', outputs: 1, classes: ['a', 'b'], task: 'classification' });
  });

  it("give the logit of Platt's probabilities", async () => {
    const plan = machine('POLY', [0.5, 1, 2], 40, { prob_a: { floats: [-1.5] }, prob_b: { floats: [0.2] } });
    // ONNX Runtime couples the two probabilities by an iteration that stops at 0.0025.
    const imported = await expectSame(plan, ([z = 0]) => [1 - sigmoid(z), sigmoid(z)], 'scores', 0.005);
    expect(imported).toMatchObject({ link: 'sigmoid', outputs: 1 });
  });
});
