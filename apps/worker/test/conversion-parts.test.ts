import { InputError, IntegrityError } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import type { ConversionData } from '../src/conversion/conversion-data.js';
import {
  type ConversionReport,
  conversionReportFromBytes,
  conversionReportToBytes,
  conversionReportToText,
} from '../src/conversion/conversion-report.js';
import { ranked, standardError } from '../src/conversion/conversion-state.js';
import { figuresOf } from '../src/conversion/figures.js';
import { splitExamples } from '../src/conversion/split.js';
import { decodeConversionData, encodeConversionData } from '../src/conversion/stored-data.js';

const DATA: ConversionData = {
  name: 'train.csv',
  preprocessing: { kind: 'table', features: [{ kind: 'number', column: 'age', offset: 1, scale: 2 }] },
  task: { kind: 'binary' },
  classes: ['no', 'yes'],
  training: { count: 3, values: Float32Array.of(1, 2, 3), targets: Float32Array.of(0, 1, 1) },
  test: { count: 2, values: Float32Array.of(4, 5), targets: undefined },
};

describe('training data in the store', () => {
  it('is read as it was written, with and without answers and a test part', () => {
    for (const data of [DATA, { ...DATA, classes: undefined, test: undefined }]) {
      expect(decodeConversionData(encodeConversionData(data), 'data')).toEqual(data);
    }
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array, typeof InputError | typeof IntegrityError, RegExp]>([
    ['other bytes', () => new Uint8Array(20), IntegrityError, /not training data of a conversion \[data\]/],
    ['a cut end', (bytes) => bytes.subarray(0, bytes.length - 4), IntegrityError, /bytes, \d+ are expected \[data\]/],
    ['a header that is none', (bytes) => bytes.map((byte, i) => (i === 13 ? 0x21 : byte)), InputError, /data/],
    [
      'a header that is longer than the file',
      (bytes) => bytes.map((byte, i) => (i === 11 ? 0x7f : byte)),
      InputError,
      /data/,
    ],
  ])('is refused: %s', (_, damage, kind, message) => {
    const read = (): unknown => decodeConversionData(damage(encodeConversionData(DATA)), 'data');
    expect(read).toThrow(kind);
    expect(read).toThrow(message);
  });
});

describe('the parts of a conversion’s data', () => {
  const rows = (count: number) => ({
    count,
    values: Float32Array.from({ length: count }, (_, i) => i),
    targets: Float32Array.from({ length: count }, (_, i) => i % 2),
    teacher: Float32Array.from({ length: 2 * count }, (_, i) => i),
  });

  it('hold every example once, in an order that is not the file’s, the same for the same seed', () => {
    const { training, validation, test, isHeldOut } = splitExamples(rows(100), undefined, 1);
    const all = [training, validation, test].flatMap(({ values }) => [...values]);
    expect([training.count, validation.count, test.count, isHeldOut]).toEqual([70, 15, 15, true]);
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(all).not.toEqual([...all].sort((a, b) => a - b));
    training.values.forEach((row, i) => {
      expect([training.targets?.[i], training.teacher[2 * i], training.teacher[2 * i + 1]]).toEqual([
        row % 2,
        2 * row,
        2 * row + 1,
      ]);
    });
    expect(splitExamples(rows(100), undefined, 1).training.values).toEqual(training.values);
    expect(splitExamples(rows(100), undefined, 2).training.values).not.toEqual(training.values);
  });

  it('leave test data that was given as it is', () => {
    const given = rows(10);
    expect(splitExamples(rows(100), given, 1)).toMatchObject({
      test: given,
      isHeldOut: false,
      training: { count: 85 },
    });
  });

  it('are refused where there are too few', () => {
    expect(() => splitExamples(rows(39), undefined, 1)).toThrow(/39 examples to train with .*at least 40/);
  });
});

describe('what a conversion cost', () => {
  const values = new Float32Array(4);
  const reading = { task: { kind: 'multiclass', classes: 2 }, link: 'identity', width: 2 } as const;
  // Decides 0, 1, 0, 0.
  const teacher = Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0);
  // Decides 0, 1, 1, 1.
  const converted = Float64Array.of(1, 0, 0, 1, 0, 1, 0, 1);

  // What the original decides three times the other decides once, and both decide the other thing on the one that is left.
  const byDecision = [
    { decision: 0, count: 3, agreed: 1 },
    { decision: 1, count: 1, agreed: 1 },
  ];

  it('is accuracies, agreement and an exact paired test of the same examples', () => {
    const targets = Float32Array.of(0, 1, 1, 0);
    expect(figuresOf(reading, converted, { count: 4, values, targets, teacher })).toEqual({
      count: 4,
      measure: 'accuracy',
      original: 0.75,
      converted: 0.75,
      agreement: 0.5,
      byDecision,
      paired: { bothRight: 2, onlyFirstRight: 1, onlySecondRight: 1, bothWrong: 0, p: 1 },
    });
  });

  it('is agreement alone where nobody knows the answers', () => {
    expect(figuresOf(reading, converted, { count: 4, values, targets: undefined, teacher })).toEqual({
      count: 4,
      agreement: 0.5,
      byDecision,
    });
  });

  it('of a network that says yes or no counts the yes by itself, and of several labels no decision', () => {
    const given = { count: 4, values, targets: undefined, teacher };
    const rare = { count: 8, values, targets: undefined, teacher: Float32Array.of(1, -1, -1, -1, -1, -1, -1, -1) };
    const binary = { task: { kind: 'binary' }, link: 'sigmoid', width: 1 } as const;
    expect(figuresOf(binary, new Float64Array(8).fill(-1), rare)).toEqual({
      count: 8,
      agreement: 0.875,
      byDecision: [
        { decision: 0, count: 7, agreed: 7 },
        { decision: 1, count: 1, agreed: 0 },
      ],
    });
    const labels = { task: { kind: 'multilabel', labels: 2 }, link: 'sigmoid', width: 2 } as const;
    expect(figuresOf(labels, converted, given).byDecision).toBeUndefined();
  });

  it('of a regression is both errors, and how much of the original is explained', () => {
    const regression = { task: { kind: 'regression', outputs: 1 }, link: 'identity', width: 1 } as const;
    const examples = { count: 4, values, targets: Float32Array.of(1, 2, 3, 6), teacher: Float32Array.of(1, 2, 3, 4) };
    expect(figuresOf(regression, Float64Array.of(1, 2, 3, 5), examples)).toEqual({
      count: 4,
      measure: 'rmse',
      original: 1,
      converted: 0.5,
      agreement: 0.8,
    });
  });

  it('is refused for scores of other examples', () => {
    expect(() => figuresOf(reading, converted.subarray(2), { count: 4, values, targets: undefined, teacher })).toThrow(
      /6 scores for 4 examples of 2/,
    );
  });
});

describe('the epoch that is taken', () => {
  const entry = (epoch: number, figure: number, loss: number) => ({ epoch, figure, loss });
  const order = (entries: readonly ReturnType<typeof entry>[], margin = 0): number[] =>
    ranked(entries, margin).map(({ epoch }) => epoch);

  it('has the largest figure, then the least loss, and is the later one of equals', () => {
    expect(order([entry(0, 0.8, 1), entry(1, 0.9, 3), entry(2, 0.9, 2), entry(3, 0.7, 0)])).toEqual([2, 1, 0, 3]);
    expect(order([entry(0, 0.8, 1), entry(1, 0.8, 1)])).toEqual([1, 0]);
  });

  it('has the least loss of those that the examples do not tell apart', () => {
    const entries = [entry(1, 0.99, 3), entry(2, 0.985, 1), entry(3, 0.97, 0), entry(4, 0.988, 2)];
    expect(order(entries, standardError(0.99, 300))).toEqual([2, 4, 1, 3]);
    expect(order(entries, standardError(0.99, 100_000))).toEqual([1, 4, 2, 3]);
  });

  it('has a standard error that is not 0 where all are right', () => {
    expect(standardError(0.5, 98)).toBeCloseTo(0.0505, 4);
    expect(60 * standardError(1, 60)).toBeCloseTo(0.98, 2);
  });
});

describe('the report of a conversion', () => {
  const report: ConversionReport = {
    format: 'ciphernet-conversion',
    version: 1,
    model: 'a'.repeat(64),
    name: 'net-converted',
    convertedFrom: { name: 'net.onnx', file: 'b'.repeat(64) },
    data: { name: 'train.csv', training: 70, validation: 15, test: 15, isHeldOut: true },
    replaced: [{ node: 'relu_1', operator: 'Relu', by: 'square' }],
    tried: [
      { name: 'relu_1, relu_2', validationLoss: 0.1 },
      { name: 'relu_1, relu_3', validationLoss: 0.2 },
    ],
    training: { epochs: 10, epoch: 7, seed: 1, backend: 'wasm', runtime: 'ONNX Runtime 1', seconds: 12.3 },
    figures: {
      count: 15,
      measure: 'accuracy',
      original: 0.9,
      converted: 0.8,
      agreement: 0.85,
      byDecision: [
        { decision: 0, count: 12, agreed: 11 },
        { decision: 1, count: 3, agreed: 2 },
      ],
      paired: { bothRight: 10, onlyFirstRight: 3, onlySecondRight: 1, bothWrong: 1, p: 0.625 },
    },
  };

  it('says that it is another network, what that cost, on which examples, and what was replaced', () => {
    const text = conversionReportToText(report);
    for (const part of [
      /net-converted: converted from net\.onnx \(file b{12}\), and not that model/,
      /accuracy +original 90\.00 %, converted 80\.00 %/,
      /agreement +85\.00 % of 15 examples; least where the original decides 1, 2 of 3$/m,
      /only the original is right 3 times, only the converted one 1; exact McNemar p = 0\.625/,
      /15 examples, held out of the training data; trained on 70 of train\.csv, chosen on 15/,
      /relu_1 \(Relu\) by square/,
      /0\.1000 {2}relu_1, relu_2/,
    ]) {
      expect(text).toMatch(part);
    }
  });

  it('is read as it was written, and refused with the field that is wrong', () => {
    expect(conversionReportFromBytes(conversionReportToBytes(report), 'report')).toEqual(report);
    const changed = new TextEncoder().encode(
      JSON.stringify({ ...report, figures: { ...report.figures, agreement: 2 } }),
    );
    expect(() => conversionReportFromBytes(changed, 'report')).toThrow(/agreement/);
  });
});
