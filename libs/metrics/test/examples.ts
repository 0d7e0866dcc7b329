import fc from 'fast-check';
import { statisticsOf } from '../src/statistics.js';
import { decisionsOf } from '../src/decisions.js';
import type { Statistic } from '../src/statistic.js';
import type { Predictions, Task } from '../src/task.js';
import { fillWords, stateOf } from '../src/generator.js';

/** Standard normal numbers (Box-Muller) and uniform ones of a seed. */
export function source(seed: number): { uniform: () => number; normal: () => number } {
  const state = stateOf(seed);
  const words = new Uint32Array(1);
  const uniform = (): number => {
    fillWords(state, words);
    return (words[0]! + 0.5) / 2 ** 32;
  };
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

/** A model that is right more often than not; `ties` rounds its outputs to whole numbers. */
export function simulate(task: Task, count: number, seed: number, ties = false): Predictions {
  const { uniform, normal } = source(seed);
  const width = { multiclass: 'classes', binary: '', multilabel: 'labels', regression: 'outputs' }[task.kind];
  const each = width === '' ? 1 : (task as unknown as Record<string, number>)[width]!;
  const outputs = new Float64Array(count * each);
  const targets = new Float64Array(task.kind === 'multiclass' ? count : count * each);
  const noisy = (signal: number): number => (ties ? Math.round(signal + normal()) : signal + normal());
  for (let i = 0; i < count; i++) {
    const chosen = Math.floor(uniform() * each);
    if (task.kind === 'multiclass') targets[i] = chosen;
    for (let at = i * each; at < (i + 1) * each; at++) {
      if (task.kind === 'multiclass') outputs[at] = noisy(at - i * each === chosen ? 1.5 : 0);
      else {
        targets[at] = task.kind === 'regression' ? 2 * normal() : uniform() < 0.4 ? 1 : 0;
        outputs[at] = noisy(task.kind === 'regression' ? targets[at]! : 2 * targets[at]! - 1);
      }
    }
  }
  const link = ({ multiclass: 'softmax', binary: 'sigmoid', multilabel: 'sigmoid', regression: 'identity' } as const)[
    task.kind
  ];
  return { task, link, width: each, outputs, targets };
}

export const TASKS: readonly Task[] = [
  { kind: 'multiclass', classes: 4 },
  { kind: 'binary' },
  { kind: 'multilabel', labels: 3 },
  { kind: 'regression', outputs: 2 },
];

export const predictions = fc
  .record({
    task: fc.constantFrom(...TASKS),
    count: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
    ties: fc.boolean(),
  })
  .map(({ task, count, seed, ties }) => simulate(task, count, seed, ties));

export function countIn({ outputs, width }: Predictions): number {
  return outputs.length / width;
}

export function statisticsIn(of: Predictions): readonly Statistic[] {
  const decisions = of.task.kind === 'regression' ? undefined : decisionsOf(of);
  return statisticsOf(of, decisions, countIn(of)).others;
}

/** The same examples in another order. */
export function reorder(of: Predictions, order: readonly number[]): Predictions {
  const move = (values: Float64Array): Float64Array => {
    const each = values.length / countIn(of);
    return Float64Array.from(order.flatMap((i) => [...values.subarray(i * each, (i + 1) * each)]));
  };
  return { ...of, outputs: move(of.outputs), targets: move(of.targets) };
}
