import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '@ciphernet/report';
import { exampleReport } from '@ciphernet/report-example';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertWithinBudget, balances } from '../src/budget.js';
import { accuracyStep, disclose } from '../src/disclose.js';
import { readDraft, readLedger, writeDraft, writePublication } from '../src/ledger.js';
import { geometricNoise } from '../src/noise.js';
import { DEFAULT_POLICY, readPolicy } from '../src/policy.js';

const OWNER = 'A'.repeat(43);
const TODAY = new Date('2026-11-25T12:34:56Z');
const report = (change: Partial<Report> = {}): Report => ({ ...exampleReport(), ...change });
const options = { policy: DEFAULT_POLICY, confusion: false, owner: OWNER, checks: [], today: TODAY };

describe('noise on a count', () => {
  it('is two-sided geometric: exp(−ε) from one value to the next, within six standard errors of 40,000 draws', () => {
    const draws = 40_000;
    const counts = new Map<number, number>();
    for (let i = 0; i < draws; i++) {
      const value = geometricNoise(1000, 1000);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const alpha = Math.exp(-1);
    for (let value = -4; value <= 4; value++) {
      const expected = ((1 - alpha) / (1 + alpha)) * alpha ** Math.abs(value);
      const error = Math.sqrt((expected * (1 - expected)) / draws);
      expect(Math.abs((counts.get(value) ?? 0) / draws - expected)).toBeLessThan(6 * error);
    }
  });

  it('is wider for a smaller ε', () => {
    const spread = (s: number, t: number): number => {
      let sum = 0;
      for (let i = 0; i < 4000; i++) sum += Math.abs(geometricNoise(s, t));
      return sum / 4000;
    };
    expect(spread(100, 1000)).toBeGreaterThan(3 * spread(1000, 1000));
  });
});

describe('figures that may leave', () => {
  it('are rounded to a step that depends on the number of examples only', () => {
    expect([100, 9_999, 10_000, 1_000_000].map(accuracyStep)).toEqual([0.01, 0.001, 0.001, 0.0001]);
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 20_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (images, encrypted) => {
          const { statement } = disclose(report({ images, accuracy: { encrypted } }), options);
          const steps = statement.accuracy / accuracyStep(images);
          expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6);
          expect(statement.accuracy).toBeGreaterThanOrEqual(0);
          expect(statement.accuracy).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('hold nothing of margins, errors, agreement, times and machines', () => {
    const text = JSON.stringify(disclose(report(), options).statement);
    for (const word of ['margins', 'precision', 'agreement', 'seconds', 'throughput', 'machine', 'workers', 'base'])
      expect(text).not.toContain(word);
    expect(text).not.toContain(report().createdAt);
  });

  it('leave out cells of few examples, and round the others', () => {
    const confusion = [
      [5000, 3],
      [11, 4986],
    ];
    // So little noise that none is drawn.
    const policy = { ...DEFAULT_POLICY, epsilonPerEvaluation: 100 };
    const { statement } = disclose(report({ images: 10_000, confusion }), { ...options, policy, confusion: true });
    expect(statement.confusion).toEqual([
      [5000, null],
      [null, expect.any(Number)],
    ]);
    for (const count of statement.confusion?.flat() ?? []) if (count !== null) expect(count % 20).toBe(0);
    expect(statement.epsilon).toBe(200);
  });

  it('are refused for a few examples, whatever the policy says', () => {
    expect(() => disclose(report({ images: 99 }), options)).toThrow(/99 examples are too few.*larger dataset/);
  });

  it('count what they can tell: an accuracy of 10,000 in steps of 0.001 is below ten bits', () => {
    const { cost } = disclose(report({ images: 10_000 }), options);
    expect(cost.bits).toBeCloseTo(Math.log2(1001), 10);
    expect(cost.epsilon).toBe(1);
  });
});

describe('the budget', () => {
  const charge = (): { bits: number; epsilon: number; statement: ReturnType<typeof disclose>['statement'] } => {
    const { statement, cost } = disclose(report(), options);
    return { ...cost, statement };
  };

  it('ends, and says what to do', () => {
    const one = charge();
    const earlier = Array.from({ length: 10 }, charge);
    expect(() =>
      assertWithinBudget(
        balances(earlier.slice(1), one, DEFAULT_POLICY, () => false),
        'eval-x',
      ),
    ).not.toThrow();
    expect(() =>
      assertWithinBudget(
        balances(earlier, one, DEFAULT_POLICY, () => false),
        'eval-x',
      ),
    ).toThrow(/used up: 11.0 of 10 ε of this dataset.*keep the report to yourself/);
    const wide = { ...DEFAULT_POLICY, epsilonPerDataset: 100, bitsPerKey: 50 };
    expect(() =>
      assertWithinBudget(
        balances(earlier, one, wide, () => false),
        'eval-x',
      ),
    ).toThrow(/bits of this key.*make new keys/);
  });

  it('is of each key, dataset and model by itself', () => {
    const one = charge();
    const other = {
      ...one,
      statement: { ...one.statement, dataset: { ...one.statement.dataset, manifest: 'f'.repeat(64) } },
    };
    const spent = Object.fromEntries(
      balances([other], one, DEFAULT_POLICY, () => false).map(({ what, spent: s }) => [what, s]),
    );
    expect(spent['evaluations of this key']).toBe(2);
    expect(spent['evaluations of this dataset']).toBe(1);
    expect(spent['evaluations of this model']).toBe(2);
    expect(spent['evaluations of its owner’s models']).toBe(2);
  });

  it('is not renewed by encrypting the same examples again, nor by another model of the same owner', () => {
    const one = charge();
    const { statement } = one;
    const again = { ...one, statement: { ...statement, dataset: { ...statement.dataset, manifest: 'f'.repeat(64) } } };
    const model = { ...statement.model, digest: '9'.repeat(64) };
    const sibling = { ...one, statement: { ...statement, model } };
    const policy = { ...DEFAULT_POLICY, modelOwners: { acme: [model.digest, statement.model.digest] } };
    const isSame = (manifest: string): boolean => manifest === 'f'.repeat(64);
    const spent = Object.fromEntries(
      balances([again, sibling], one, policy, isSame).map(({ what, spent: s }) => [what, s]),
    );
    expect(spent['evaluations of this dataset']).toBe(3);
    expect(spent['ε of this dataset']).toBe(3);
    expect(spent['evaluations of this model']).toBe(2);
    expect(spent['evaluations of its owner’s models']).toBe(3);
  });
});

describe('the ledger', () => {
  it('draws once, publishes once, and forgets nothing', async () => {
    await using folder = await temporaryFolder();
    const { statement, cost } = disclose(report(), options);
    const entry = { format: 'ciphernet-publication', version: 1, statement, ...cost } as const;
    await writeDraft(folder.path, entry);
    await expect(writeDraft(folder.path, entry)).rejects.toThrow(/already there/);
    expect(await readLedger(folder.path)).toEqual([]);
    expect((await readDraft(folder.path, statement.evaluation))?.statement).toEqual(statement);
    await writePublication(folder.path, { ...entry, signed: 'text' });
    await expect(writePublication(folder.path, { ...entry, signed: 'other' })).rejects.toThrow(/already there/);
    expect((await readLedger(folder.path)).map(({ signed }) => signed)).toEqual(['text']);
    for (const name of await readdir(folder.path)) {
      expect((await stat(join(folder.path, name))).mode & 0o077).toBe(0);
    }
    await writeFile(join(folder.path, 'eval-other.json'), '{}');
    await expect(readLedger(folder.path)).rejects.toThrow(/eval-other.json/);
  });
});

describe('a policy', () => {
  it('is the default one without a file, and refused where it allows what it must not', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'policy.json');
    expect(await readPolicy(path)).toEqual(DEFAULT_POLICY);
    await writeFile(path, '{"minimumImages": 1}');
    await expect(readPolicy(path)).rejects.toThrow(/minimumImages/);
    await writeFile(path, '{"epsilonPerDataset": 3.5, "bitsPerKey": 64}');
    expect(await readPolicy(path)).toMatchObject({ epsilonPerDataset: 3.5, bitsPerKey: 64, minimumCell: 20 });
    // What a model gave each example is kept by an owner's word only.
    expect(DEFAULT_POLICY.keepOutputs).toBe(false);
    await writeFile(path, '{"keepOutputs": true}');
    expect(await readPolicy(path)).toEqual({ ...DEFAULT_POLICY, keepOutputs: true });
    await writeFile(path, '{"keepOutputs": "yes"}');
    await expect(readPolicy(path)).rejects.toThrow(/keepOutputs/);
    await writeFile(path, '{"epsilonPerEvaluation": 0.0005}');
    await expect(readPolicy(path)).rejects.toThrow(/epsilonPerEvaluation/);
  });
});
