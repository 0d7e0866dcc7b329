import type { KeptOutputs } from '@ciphernet/owner-records';
import { comparisonToText } from '@ciphernet/report';
import { comparisonToHtml } from '@ciphernet/report-view';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type KnownExamples, assertComparable, compareOutputs, holm } from '../src/compare-outputs.js';

const COUNT = 120;
const TARGETS = 'c'.repeat(64);
const classes: KnownExamples = {
  name: 'made up',
  count: COUNT,
  task: { kind: 'multiclass', classes: 3 },
  targets: { values: Float64Array.from({ length: COUNT }, (_, i) => i % 3), names: ['a', 'b', '<c>'] },
  targetsDigest: TARGETS,
};

/** Outputs that decide right on all examples but those. */
function outputsWrongOn(
  evaluation: string,
  wrong: (example: number) => boolean,
  more: Partial<KeptOutputs> = {},
): KeptOutputs {
  const outputs = new Float64Array(COUNT * 3);
  for (let i = 0; i < COUNT; i++) outputs[3 * i + (((i % 3) + (wrong(i) ? 1 : 0)) % 3)] = 2;
  return {
    evaluation,
    keptAt: '2026-01-02T03:04:05.678Z',
    dataset: 'a'.repeat(64),
    model: 'b'.repeat(64),
    targetsDigest: TARGETS,
    task: classes.task,
    link: 'softmax',
    width: 3,
    count: COUNT,
    outputs,
    ...more,
  };
}

const best = outputsWrongOn('eval-best', (i) => i < 6);
const worse = outputsWrongOn('eval-worse', (i) => i >= 3 && i < 30);
const worst = outputsWrongOn('eval-worst', (i) => i < 60, { dataset: 'd'.repeat(64) });

describe('a comparison of models', () => {
  const comparison = compareOutputs([{ kept: best, name: 'good <b>' }, { kept: worse }, { kept: worst }], classes);

  it('has each model’s figures, and each pair once', () => {
    expect(comparison.models.map(({ evaluation, metrics }) => [evaluation, metrics['accuracy']])).toEqual([
      ['eval-best', 0.95],
      ['eval-worse', 0.775],
      ['eval-worst', 0.5],
    ]);
    expect(comparison.models[0]?.intervals['accuracy']?.[0]).toBeLessThan(0.95);
    expect(comparison.pairs.map(({ first, second }) => `${first} ${second}`)).toEqual([
      'eval-best eval-worse',
      'eval-best eval-worst',
      'eval-worse eval-worst',
    ]);
  });

  it('counts who was right, and tests it by the binomial distribution of the discordant', () => {
    // 24 right by the first only, 3 by the second: 2 · Σ C(27, k) / 2^27 for k from 0 to 3 = 2 · 3304 / 2^27.
    const p = (2 * 3304) / 2 ** 27;
    expect(comparison.pairs[0]?.decisions).toMatchObject({
      bothRight: 90,
      onlyFirstRight: 24,
      onlySecondRight: 3,
      bothWrong: 3,
      p: expect.closeTo(p, 12),
    });
  });

  it('adjusts p to the number of pairs', () => {
    const ps = comparison.pairs.map(({ decisions }) => decisions?.p ?? NaN);
    expect(comparison.pairs.map(({ decisions }) => decisions?.pOfAll)).toEqual(holm(ps));
  });

  it('gives differences as second less first, with intervals that hold them', () => {
    const { difference, interval, method } = comparison.pairs[0]!.differences['accuracy']!;
    expect(difference).toBeCloseTo(-0.175, 12);
    expect(interval[0]).toBeLessThan(-0.175);
    expect(interval[1]).toBeGreaterThan(-0.175);
    expect(interval[1]).toBeLessThan(0);
    expect(method).toBe('bootstrap');
    expect(Object.keys(comparison.pairs[0]!.differences)).toEqual(comparison.figures);
  });

  it('is a table for the terminal', () => {
    const text = comparisonToText(comparison);
    expect(text).toMatch(
      /^made up, 120 examples, 3 evaluations\n {2}evaluation +accuracy +balanced accuracy +F1, macro/,
    );
    expect(text).toMatch(/eval-best +0\.95000 .* good <b>/);
    expect(text).toMatch(/eval-worse less eval-best\n {2}accuracy +-0\.17500 +95 % -0\.\d+ to -0\.\d+ +beyond chance/);
    expect(text).toMatch(/both right 90, only eval-best 24, only eval-worse 3, both wrong 3/);
    expect(text).toMatch(/McNemar’s exact test: p = 4\.9e-5, \d\.\de-5 of 3 pairs together \(Holm\)/);
  });

  it('is a page without scripts, in which names are text', () => {
    const page = comparisonToHtml(comparison);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<b>good|src=|href=/);
    expect(page).toContain('good &lt;b&gt;');
    expect(page).toContain('eval-worst less eval-worse');
  });

  it('of equal models finds nothing', () => {
    const same = compareOutputs([{ kept: best }, { kept: { ...best, evaluation: 'eval-same' } }], classes);
    expect(same.pairs[0]?.decisions).toMatchObject({ onlyFirstRight: 0, onlySecondRight: 0, p: 1, pOfAll: 1 });
    for (const { difference, interval } of Object.values(same.pairs[0]!.differences)) {
      expect([difference, ...interval]).toEqual([0, 0, 0]);
    }
    expect(comparisonToText(same)).not.toContain('beyond chance');
  });

  it('says which figures cannot be had where a model gives no probabilities', () => {
    const score = { ...worse, link: 'score' } as const;
    const { pairs } = compareOutputs([{ kept: best }, { kept: score }], classes);
    expect(pairs[0]?.differences).not.toHaveProperty('logLoss');
    expect(pairs[0]?.withoutMetrics).toHaveProperty('logLoss');
    expect(pairs[0]?.differences).toHaveProperty('accuracy');
  });
});

describe('models of other tasks', () => {
  const of = (
    task: KnownExamples['task'],
    values: readonly number[],
    outputs: readonly number[],
    link: KeptOutputs['link'],
  ) => {
    const count = 60;
    const repeat = (all: readonly number[]): Float64Array =>
      Float64Array.from({ length: (all.length * count) / 6 }, (_, i) => all[i % all.length] ?? 0);
    const examples: KnownExamples = {
      name: 'x',
      count,
      task,
      targets: { values: repeat(values) },
      targetsDigest: TARGETS,
    };
    const width = outputs.length / 6;
    const kept = { ...best, task, link, width, count, outputs: repeat(outputs) };
    const other = {
      ...kept,
      evaluation: 'eval-other',
      outputs: kept.outputs.map((value, i) => (i % 7 === 0 ? -value : value)),
    };
    return compareOutputs([{ kept }, { kept: other }], examples);
  };

  it.each<[KnownExamples['task'], readonly number[], readonly number[], KeptOutputs['link']]>([
    [{ kind: 'binary' }, [0, 1, 1, 0, 1, 0], [-1, 2, 1, -3, 2, 1], 'sigmoid'],
    [{ kind: 'binary' }, [0, 1, 1, 0, 1, 0], [1, 0, 2, 3, 0, 1, 1, 0, 0, 2, 1, 0], 'softmax'],
    [
      { kind: 'multilabel', labels: 2 },
      [0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0],
      [-1, 1, 2, 1, -1, -2, 1, -1, -2, 1, 2, 1],
      'sigmoid',
    ],
    [{ kind: 'regression', outputs: 1 }, [1, 2, 3, 4, 5, 6], [1.1, 2, 3.2, 4, 4.8, 6], 'identity'],
  ])('%j have their own figures, all of them compared', (task, values, outputs, link) => {
    const { figures, pairs } = of(task, values, outputs, link);
    expect(Object.keys(pairs[0]!.differences)).toEqual(figures);
    expect(pairs[0]!.decisions === undefined).toBe(task.kind === 'regression');
    if (task.kind !== 'regression') {
      const { bothRight, onlyFirstRight, onlySecondRight, bothWrong } = pairs[0]!.decisions!;
      expect(bothRight + onlyFirstRight + onlySecondRight + bothWrong).toBe(60);
    }
  });
});

describe('no comparison is made', () => {
  it.each<[string, KeptOutputs, Partial<KnownExamples>, string, RegExp]>([
    [
      'of other examples',
      { ...worse, targetsDigest: 'e'.repeat(64) },
      {},
      'InputError',
      /not of the same examples \[eval-best, eval-worse\]/,
    ],
    ['of another number of examples', { ...worse, count: 119 }, {}, 'InputError', /not of the same examples/],
    ['of one evaluation with itself', best, {}, 'InputError', /named twice \[eval-best\]/],
    [
      'where the data changed',
      worse,
      { targetsDigest: 'e'.repeat(64) },
      'IntegrityError',
      /not those that the outputs were kept/,
    ],
    [
      'where the task changed',
      worse,
      { task: { kind: 'multiclass', classes: 4 } },
      'IntegrityError',
      /not those that the outputs/,
    ],
  ])('%s', (_name, other, change, name, message) => {
    expect(() => compareOutputs([{ kept: best }, { kept: other }], { ...classes, ...change })).toThrow(
      expect.objectContaining({ name, message: expect.stringMatching(message) }),
    );
  });

  it('where nobody knows the answers', () => {
    const { targets: _targets, ...unknown } = classes;
    expect(() => compareOutputs([{ kept: best }, { kept: worse }], unknown)).toThrow(/nobody knows the answers/);
  });

  it.each([[[]], [['eval-a']], [Array.from({ length: 9 }, (_, i) => `eval-${i}`)]])('of %j', (evaluations) => {
    expect(() => assertComparable(evaluations)).toThrow(/evaluations to compare \[evaluations\] — name 2 to 8/);
  });
});

describe('Holm’s method', () => {
  it('gives the values of the textbook', () => {
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    const adjusted = [0.03, 0.06, 0.06, 0.02];
    holm([0.01, 0.04, 0.03, 0.005]).forEach((p, i) => expect(p).toBeCloseTo(adjusted[i]!, 12));
  });

  it('keeps the order, and stays between p and p times the number', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 28 }), (ps) => {
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * ps.length));
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
      }),
    );
  });
});
