import { describe, expect, it } from '@jest/globals';
import { chooseAuditors } from '../src/choose-auditors.js';
import { auditsArgument, epsilonArgument, metricsArgument, slicesArgument } from '../src/consent-arguments.js';

describe('what `allow` is told', () => {
  it.each<[(text: string) => unknown, string, unknown]>([
    [metricsArgument, 'none', []],
    [metricsArgument, 'accuracy', ['accuracy']],
    [metricsArgument, 'confusion, accuracy', ['accuracy', 'confusion']],
    [slicesArgument, 'all', 'all'],
    [slicesArgument, '7,0,7,255', [0, 7, 255]],
    [epsilonArgument, '0.001', 0.001],
    [epsilonArgument, '2.5', 2.5],
    [auditsArgument, 'none', 'none'],
    [auditsArgument, 'model-owner', 'model-owner'],
    [auditsArgument, '8', 8],
  ])('%p reads %p', (parse, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each<[(text: string) => unknown, string]>([
    [metricsArgument, ''],
    [metricsArgument, 'confusion'],
    [metricsArgument, 'accuracy,margins'],
    [slicesArgument, ''],
    [slicesArgument, '256'],
    [slicesArgument, '1,,2'],
    [slicesArgument, '-1'],
    [slicesArgument, 'cats'],
    [epsilonArgument, '0'],
    [epsilonArgument, '1e3'],
    [epsilonArgument, '1001'],
    [epsilonArgument, '0.0001'],
    [auditsArgument, '0'],
    [auditsArgument, '9'],
    [auditsArgument, 'two'],
  ])('%p refuses %p', (parse, text) => {
    expect(() => parse(text)).toThrow(/^must be/);
  });
});

describe('auditors that an evaluation asks for', () => {
  const dataset = 'd'.repeat(64);
  const [a, b, c] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];
  const anybody = { audit: true, named: undefined };
  const known = (believed: string[], owners: string[] = []) => ({ believed, owners: new Set(owners) });

  it('are anybody, unless the consent or the owner names some', () => {
    expect(chooseAuditors({ dataset, audits: 'none' }, anybody, known([a, b]))).toEqual([]);
    expect(chooseAuditors({ dataset, audits: 'none' }, { audit: false, named: undefined }, known([a]))).toEqual([]);
    expect(chooseAuditors({ dataset, audits: 'none' }, { audit: true, named: [c] }, known([a]))).toEqual([c]);
    expect(chooseAuditors({ dataset, audits: 2 }, anybody, known([a, a, b, c]))).toEqual([a, b]);
    expect(chooseAuditors({ dataset, audits: 1 }, { audit: true, named: [c, b] }, known([a, b]))).toEqual([c, b]);
  });

  it('are the model’s owner, or others than the model’s owner', () => {
    expect(chooseAuditors({ dataset, audits: 'model-owner' }, anybody, known([a, b], [b]))).toEqual([b]);
    expect(chooseAuditors({ dataset, audits: 'model-owner' }, anybody, known([], [c]))).toEqual([c]);
    expect(chooseAuditors({ dataset, audits: 1 }, anybody, known([a, b], [a]))).toEqual([b]);
  });

  it.each<[string, number | 'none' | 'model-owner', { audit: boolean; named: string[] | undefined }, RegExp]>([
    ['fewer are believed than the consent wants', 3, anybody, /wants 3 independent audits, and 2 auditors are known/],
    ['one is named twice', 2, { audit: true, named: [a, a] }, /and 1 auditors are known/],
    ['others are named', 1, { audit: true, named: [c] }, /and 0 auditors are known/],
    ['nobody signed the model', 'model-owner', anybody, /by the model’s owner, who is not known.*model sign/],
    ['there is to be no audit', 1, { audit: false, named: undefined }, /without audits.*--no-audit/],
    ['one is named, and there is to be no audit', 'none', { audit: false, named: [a] }, /without audits/],
  ])('are refused where %s', (_what, audits, wish, message) => {
    expect(() => chooseAuditors({ dataset, audits }, wish, known([a, b]))).toThrow(message);
  });

  it('are refused where the only one that is believed owns the model', () => {
    const wanted = { dataset, audits: 1 } as const;
    expect(() => chooseAuditors(wanted, anybody, known([a], [a]))).toThrow(/and 0 auditors.*owner does not count/);
  });
});
