import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inspectOwnData } from '../src/own/inspect.js';
import { loadOwnExamples } from '../src/own/load-own.js';
import { choosePreprocessing, readingForModel } from '../src/own/own-data.js';
import type { OwnDataChoice } from '../src/own/plan-reading.js';
import { affineOfFeatures } from '../src/own/preprocessing.js';

const PATIENTS = `id,age,sex,dose,site,diagnosis
p1,40,f,0.5,north,benign
p2,60,m,1.5,south,malignant
p3,50,f,2.5,north,benign
p4,70,m,3.5,south,malignant
`;

async function withFile<T>(
  text: string,
  use: (path: string, folder: string) => Promise<T>,
  name = 'patients.csv',
): Promise<T> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, name);
  await writeFile(path, text);
  return await use(path, folder.path);
}

const CHOICE: OwnDataChoice = { label: ['diagnosis'], ignore: ['site'] };

/** Reads a table for a model of so many inputs and outputs, calibrated on itself. */
async function read(path: string, choice: OwnDataChoice, inputs: number, outputs = 1) {
  const { preprocessing } = await choosePreprocessing(path, choice, { inputs });
  const planned = await readingForModel(path, choice, preprocessing, { outputs });
  return { ...planned, preprocessing, examples: await loadOwnExamples(path, planned.reading) };
}

describe('a table of one’s own', () => {
  it('becomes features of about ±1 and classes in the order of their names, without columns that name rows', () =>
    withFile(PATIENTS, async (path) => {
      const { examples, reading, guesses, preprocessing } = await read(path, CHOICE, 4);
      expect(reading.task).toEqual({ kind: 'binary' });
      expect(reading.classes).toEqual(['benign', 'malignant']);
      expect(guesses.join('\n')).toMatch(/ignored: "id"/);
      const rows = await examples.features.read(0, 4);
      expect(Math.max(...rows.map(Math.abs))).toBeLessThanOrEqual(1.5);
      const { offsets, scales } = affineOfFeatures(preprocessing);
      const values = Array.from(rows, (value, i) => value * scales[i % 4]! + offsets[i % 4]!);
      expect(values).toEqual([40, 1, 0, 0.5, 60, 0, 1, 1.5, 50, 1, 0, 2.5, 70, 0, 1, 3.5]);
      expect([...examples.targets!.values]).toEqual([0, 1, 0, 1]);
    }));

  it('gives the class that is called positive the second place', () =>
    withFile(PATIENTS, async (path) => {
      const { reading, examples } = await read(path, { ...CHOICE, positive: 'benign' }, 4);
      expect(reading.classes).toEqual(['malignant', 'benign']);
      expect([...examples.targets!.values]).toEqual([1, 0, 1, 0]);
    }));

  it('parts its examples by a column that is no feature', () =>
    withFile(PATIENTS, async (path) => {
      const { examples } = await read(path, { label: ['diagnosis'], slice: 'site' }, 4);
      expect(examples.slices).toMatchObject({ column: 'site', names: ['north', 'south'] });
      expect([...examples.slices!.of]).toEqual([0, 1, 0, 1]);
    }));

  it('is read without a label column, and then nobody knows the answers', () =>
    withFile(PATIENTS.replaceAll(/,(benign|malignant|diagnosis)$/gm, ''), async (path) => {
      const { examples, reading } = await read(path, { label: [], ignore: ['site'] }, 4);
      expect(examples.targets).toBeUndefined();
      expect(reading.label).toEqual([]);
      expect(examples.targetsDigest).toMatch(/^[0-9a-f]{64}$/);
    }));

  it('takes numbers of many values as a regression, and whole numbers of few as classes', () =>
    withFile('x,y\n1,0.5\n2,1.5\n3,2.25\n', async (path) => {
      expect((await read(path, { label: ['y'] }, 1)).reading.task).toEqual({ kind: 'regression', outputs: 1 });
    }).then(() =>
      withFile('x,y\n1,0\n2,1\n3,2\n', async (path) => {
        const { reading } = await read(path, { label: ['y'] }, 1, 4);
        expect(reading).toMatchObject({ task: { kind: 'multiclass', classes: 4 }, classes: ['0', '1', '2', '3'] });
      }),
    ));

  it('follows the description that lies beside it', () =>
    withFile(PATIENTS, async (path, folder) => {
      await writeFile(
        join(folder, 'dataset.yaml'),
        'label: diagnosis\npositive: benign\nfeatures:\n  - {kind: number, column: age, offset: 50, scale: 10}\n',
      );
      const { examples, reading } = await read(path, {}, 1);
      expect([...(await examples.features.read(0, 4))]).toEqual([-1, 1, 0, 2]);
      expect(reading.classes).toEqual(['malignant', 'benign']);
    }));

  it('gives rows in any order, zeros for none, over blocks of any size', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -1, max: 2999 }), { maxLength: 50 }), async (wanted) => {
        const { growingRows } = await import('../src/feature-rows.js');
        const growing = growingRows(3);
        for (let from = 0; from < 3000; from += 700) {
          const count = Math.min(700, 3000 - from);
          growing.append(Float32Array.from({ length: count * 3 }, (_, i) => from * 3 + i));
        }
        const rows = await growing.finished().gather(Int32Array.from(wanted));
        expect([...rows]).toEqual(wanted.flatMap((n) => (n < 0 ? [0, 0, 0] : [3 * n, 3 * n + 1, 3 * n + 2])));
      }),
      { numRuns: 30 },
    ));

  it('is summed up with the role of each column', () =>
    withFile(PATIENTS, async (path) => {
      const summary = await inspectOwnData(path, CHOICE);
      expect(summary).toMatchObject({ examples: 4, features: 4, task: { kind: 'binary' }, problems: [] });
      expect(summary.columns.map(({ role }) => role)).toEqual([
        'ignored',
        'feature',
        'feature',
        'feature',
        'ignored',
        'label',
      ]);
    }));

  it.each<[string, string, OwnDataChoice, RegExp]>([
    ['a word among numbers', '0.5', { label: ['diagnosis'] }, /column "dose" holds 71 different texts: no feature/],
    [
      'labels of other classes',
      '',
      { label: ['diagnosis'], classes: ['a', 'b'] },
      /the label holds "benign", "malignant"/,
    ],
    [
      'a regression on names',
      '',
      { label: ['diagnosis'], task: 'regression' },
      /numbers as labels, "diagnosis" holds texts/,
    ],
  ])('is summed up with what it would be refused for: %s', (_what, wrong, choice, problem) => {
    // Each value twice: a column of texts that all differ would name rows.
    const rows = Array.from({ length: 140 }, (_, i) => `${(i >> 1) + 0.25},${i % 2 === 0 ? 'malignant' : 'benign'}`);
    if (wrong !== '') rows[3] = 'much,benign';
    return withFile(`dose,diagnosis\n${rows.join('\n')}\n`, async (path) => {
      expect((await inspectOwnData(path, choice)).problems).toEqual([expect.stringMatching(problem)]);
    });
  });

  const replaced = (from: string, to: string): string => PATIENTS.replace(from, to);

  it.each<[string, string, OwnDataChoice, RegExp]>([
    ['a word among numbers', replaced('2.5', 'much'), CHOICE, /"much" is no number in column "dose" \[.*line 4\]/],
    ['a value that is missing', replaced('2.5', ''), CHOICE, /a value is missing in column "dose" \[.*line 4\]/],
    ['NaN', replaced('2.5', 'NaN'), CHOICE, /a value is missing in column "dose"/],
    ['infinity', replaced('2.5', '1e999'), CHOICE, /"1e999" is no number/],
    ['an unknown category', replaced('p3,50,f', 'p3,50,x'), CHOICE, /"x" is none of the categories f, m in .*line 4\]/],
    ['a label that is missing', replaced('benign\np2', '\np2'), CHOICE, /a label is missing .*line 2\]/],
    [
      'a third label',
      replaced('malignant\np3', 'odd\np3'),
      CHOICE,
      /3 classes \(benign, malignant, odd\) for a model of 1/,
    ],
    ['no such label column', PATIENTS, { label: ['diagnose'] }, /there is no column "diagnose" .*id, age, sex/],
    ['a ragged row', replaced('p2,60,m', 'p2,60'), CHOICE, /line 3 has another number of fields/],
  ])('is refused with %s, naming where', (_what, text, choice, message) =>
    withFile(PATIENTS, (publicPath) =>
      withFile(text, async (path) => {
        const { preprocessing } = await choosePreprocessing(publicPath, CHOICE, { inputs: 4 });
        const refused = async (): Promise<unknown> =>
          loadOwnExamples(path, (await readingForModel(path, choice, preprocessing, { outputs: 1 })).reading);
        await expect(refused()).rejects.toMatchObject({ name: 'InputError', message: expect.stringMatching(message) });
      }),
    ),
  );

  it.each<[string, string, OwnDataChoice, RegExp]>([
    [
      'features that the model does not read',
      PATIENTS,
      { label: ['diagnosis'] },
      /6 features for a model that reads 4 \(features: age/,
    ],
    ['no rows', 'a,b\n', { label: ['b'] }, /no rows/],
    [
      'texts by the hundred',
      `a,b\n${Array.from({ length: 90 }, (_, i) => `t${i % 80},1`).join('\n')}\n`,
      {},
      /80 different texts/,
    ],
  ])('calibrates no model with %s', (_what, text, choice, message) =>
    withFile(text, (path) =>
      expect(choosePreprocessing(path, choice, { inputs: 4 })).rejects.toMatchObject({
        name: 'InputError',
        message: expect.stringMatching(message),
      }),
    ),
  );
});
