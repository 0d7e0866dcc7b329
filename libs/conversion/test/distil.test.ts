import { selectBackend } from '@ciphernet/training';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { candidatesOf, chosenCandidate } from '../src/candidates.js';
import {
  type DistillationExamples,
  type DistillationRecipe,
  type DistilledEpoch,
  distil,
  gradientOf,
  recipeFor,
} from '../src/distil.js';
import { activationsOf } from '../src/graph.js';
import { type Objective, lossOf } from '../src/objective.js';
import { readTeacher } from '../src/read-teacher.js';
import { scoresOf, settled } from '../src/settle.js';
import { type Student, momentsOf, runTeacher, startStudent } from '../src/student-weights.js';
import { CASES } from './cases.js';
import { type GraphPlan, channelsLast, graphOf, node, noise, weights } from './graphs.js';

beforeAll(async () => {
  await selectBackend(['wasm']);
});

/** Three classes by a network of two ReLUs. */
const PLAN: GraphPlan = {
  input: [6],
  outputs: 3,
  nodes: [
    node('h', 'Gemm', ['x', 'v', 'vb']),
    node('r', 'Relu', ['h']),
    node('g', 'Gemm', ['r', 'u', 'ub']),
    node('q', 'Relu', ['g']),
    node('y', 'Gemm', ['q', 'w']),
  ],
  constants: {
    v: weights([6, 12], 1, 3),
    vb: weights([12], 2),
    u: weights([12, 8], 3, 6),
    ub: weights([8], 4),
    w: weights([8, 3], 5, 2),
  },
};

function examplesFor(plan: GraphPlan, count: number, seed = 7): DistillationExamples {
  const size = plan.input.reduce((product, side) => product * side, 1);
  const raw = noise(count * size, seed);
  const values = plan.input.length === 3 ? channelsLast(raw, plan.input) : raw;
  const teacher = runTeacher(readTeacher(graphOf(plan), 'net'), values);
  const outputs = teacher.length / count;
  const targets = Float32Array.from({ length: count }, (_, n) => {
    const row = teacher.subarray(n * outputs, (n + 1) * outputs);
    return row.indexOf(Math.max(...row));
  });
  return { count, values, targets, teacher };
}

function startFor(plan: GraphPlan, values: Float32Array, most = 2): Student {
  const teacher = readTeacher(graphOf(plan), 'net');
  return startStudent(teacher, new Set(activationsOf(teacher).slice(0, most)), momentsOf(teacher, values));
}

const recipe: DistillationRecipe = { ...recipeFor(640, 3, 10), batch: 32 };
const classes = (outputs: number): Objective => ({ kind: 'classes', outputs, labelShare: 0.3, precisions: [] });

/** The network with polynomials that say nothing of the activations. */
function spoilt(student: Student): Student {
  const values = student.weights.slice();
  for (const { name, offset, size } of student.layout.slots) {
    if (name === 'linear') values.fill(-0.3, offset, offset + size);
  }
  return { ...student, weights: values };
}

async function train(
  options: { resume?: DistilledEpoch['checkpoint']; until?: number; start?: (student: Student) => Student } = {},
): Promise<DistilledEpoch> {
  const examples = examplesFor(PLAN, 640);
  const start = (options.start ?? ((student) => student))(startFor(PLAN, examples.values));
  let last: DistilledEpoch | undefined;
  for await (const epoch of distil(start, examples, classes(3), recipe, { resume: options.resume })) {
    last = epoch;
    if (epoch.epoch === options.until) break;
  }
  return last!;
}

describe('the gradient of a converted network', () => {
  const shown = CASES.filter(([, { input, nodes }]) => input.length === 3 || nodes.length === 3).slice(-8);

  it.each(shown)('is that of its differences: %s', (_, plan) => {
    const examples = examplesFor(plan, 24);
    const start = startFor(plan, examples.values);
    const objective = classes(2);
    const at = (moved: Float32Array): number => gradientOf(start, moved, examples.values, objective, examples).loss;
    const { gradient } = gradientOf(start, start.weights, examples.values, objective, examples);
    // Along the gradient the loss rises by its squared norm.
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    const step = 2e-3 / norm;
    const moved = (by: number): Float32Array => start.weights.map((weight, i) => weight + by * (gradient[i] ?? 0));
    const slope = (at(moved(step)) - at(moved(-step))) / (2 * step);
    expect(norm).toBeGreaterThan(1e-3);
    expect(slope / (norm * norm)).toBeCloseTo(1, 1);
    for (const { offset, size } of start.layout.slots.slice(0, start.layout.trainedSlots)) {
      const own = new Float32Array(gradient.length);
      own.set(gradient.subarray(offset, offset + size), offset);
      const square = own.reduce((sum, value) => sum + value * value, 0);
      if (square < 1e-4 * norm * norm) continue;
      const along = 4e-3 / Math.sqrt(square);
      const shifted = (by: number): number => at(start.weights.map((weight, i) => weight + by * (own[i] ?? 0)));
      expect((shifted(along) - shifted(-along)) / (2 * along) / square).toBeCloseTo(1, 1);
    }
  });
});

describe('training against the original', () => {
  it('brings a network near it whose polynomials were spoilt, and gives the same bits for the same seed', async () => {
    const test = examplesFor(PLAN, 500, 99);
    const lossAt = (student: Student): number => lossOf(classes(3), scoresOf(student, test.values), test).loss;
    const start = startFor(PLAN, test.values);
    const [first, second] = [await train({ start: spoilt }), await train({ start: spoilt })];
    expect(lossAt(spoilt(start))).toBeGreaterThan(4 * lossAt(start));
    expect(lossAt(first.student)).toBeLessThan(lossAt(spoilt(start)) / 3);
    expect(second.student.weights).toEqual(first.student.weights);
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const [whole, part] = [await train(), await train({ until: 2 })];
    const resumed = await train({ resume: part.checkpoint });
    expect(resumed.student.weights).toEqual(whole.student.weights);
    const examples = examplesFor(PLAN, 640);
    const other = distil(
      startFor(PLAN, examples.values),
      examples,
      classes(3),
      { ...recipe, seed: 9 },
      { resume: part.checkpoint },
    );
    await expect(other.next()).rejects.toThrow(/made with seed = 3/);
  });

  it('stops between steps when asked, and leaks no tensor', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const examples = examplesFor(PLAN, 64);
    const run = distil(startFor(PLAN, examples.values), examples, classes(3), recipe, {
      signal: controller.signal,
      onStep: () => controller.abort(),
    });
    await expect(run.next()).rejects.toThrow(/abort/i);
    await train({ until: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('measures statistics that belong to the weights', () => {
    const { values } = examplesFor(PLAN, 512);
    const start = startFor(PLAN, values);
    const moved = settled({ ...start, weights: start.weights.map((weight) => weight * 1.5) }, values);
    const { offset, size } = moved.layout.slots.find(({ name }) => name === 'mean')!;
    const means = moved.weights.subarray(offset, offset + size);
    means.forEach((mean, i) => expect(mean).toBeCloseTo(1.5 * (start.weights[offset + i] ?? NaN), 1));
  });
});

describe('structures that are tried', () => {
  const chain = (count: number, input: readonly number[] = [4]): GraphPlan => ({
    input,
    nodes: [
      ...Array.from({ length: count }, (_, i) => [
        node(`h${i}`, 'Gemm', [i === 0 ? 'x' : `r${i - 1}`, 'w']),
        node(`r${i}`, 'Relu', [`h${i}`]),
      ]).flat(),
      node('y', 'Gemm', [`r${count - 1}`, 'w']),
    ],
    outputs: 4,
    constants: { w: weights([4, 4], 1, 4) },
  });
  const names = (plan: GraphPlan): string[] =>
    candidatesOf(readTeacher(graphOf(plan), 'net'), 1).map(({ name }) => name);

  it('are all activations where there are two, pairs of three, and pairs of five that are far apart of nine', () => {
    expect(names(chain(2))).toEqual(['r0, r1']);
    expect(names(chain(3))).toEqual(['r0, r1', 'r0, r2', 'r1, r2']);
    expect(names(chain(9))).toHaveLength(10);
    expect(names(chain(9))[0]).toBe('r0, r2');
    expect(names(chain(9)).at(-1)).toBe('r6, r8');
  });

  it('are named by somebody who knows, and other names are refused with those that there are', () => {
    const teacher = readTeacher(graphOf(chain(3)), 'net');
    expect([...chosenCandidate(teacher, ['r2']).squares]).toEqual([activationsOf(teacher)[2]]);
    expect(() => chosenCandidate(teacher, ['h2'])).toThrow(
      /no activation 'h2' \[net\] — its activations are r0, r1, r2/,
    );
  });

  it('have a network of the zoo among them where the input is an image', () => {
    const plan: GraphPlan = {
      input: [1, 20, 20],
      nodes: [
        node('f', 'Flatten', ['x']),
        node('h', 'Gemm', ['f', 'v']),
        node('r', 'Relu', ['h']),
        node('y', 'Gemm', ['r', 'w']),
      ],
      constants: { v: weights([400, 4], 1, 400), w: weights([4, 2], 2, 4) },
    };
    const [own, zoo] = candidatesOf(readTeacher(graphOf(plan), 'net'), 1);
    expect([own?.name, zoo?.name]).toEqual(['r', "network 'cnn' of the zoo"]);
    const values = noise(64 * 400, 3);
    const student = startStudent(zoo!.graph, zoo!.squares, momentsOf(zoo!.graph, values));
    expect(scoresOf(student, values).every(Number.isFinite)).toBe(true);
  });
});
