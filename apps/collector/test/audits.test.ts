import { signAttestation } from '@ciphernet/attestation';
import type { Identity } from '@ciphernet/identity';
import type { AuditedResult } from '@ciphernet/queue';
import { checksText } from '@ciphernet/report';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuditPolicy, checkAudits, parseChildren } from '../src/audits.js';
import { type Evaluated, aboutShard, createEvaluated, openAuditors } from './evaluated.js';

let evaluated: Evaluated;
let auditors: Identity[];
let names: string[];
beforeAll(async () => {
  evaluated = await createEvaluated();
  ({ auditors, names } = await openAuditors(evaluated, 3));
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

type Signed = NonNullable<AuditedResult['signed']>;

function attest(
  shard: number,
  auditor: number,
  change: { readonly result?: string; readonly positions?: number[][] } = {},
): Signed {
  const positions = evaluated.manifest.parameters.primes.map(() => Array.from({ length: 60 + auditor }, (_, x) => x));
  return signAttestation(
    { ...aboutShard(evaluated, shard), positions, values: 'a'.repeat(64), ...change },
    auditors[auditor]!,
  );
}

/** What the policy says of shards that these auditors have audited. @param owners places of those who signed the model */
async function check(byShard: readonly (readonly Signed[])[], policy: Partial<AuditPolicy>, owners: number[] = []) {
  const { results, manifest } = evaluated;
  const job = { ...evaluated.job, audit: true };
  const children = results.map((inferred, shard) => {
    const [signed, ...earlier] = byShard[shard] ?? [];
    return { inferred, ...(signed === undefined ? {} : { signed }), ...(earlier.length === 0 ? {} : { earlier }) };
  });
  const whole = { auditors: names, required: false, wanted: 'none' as const, ...policy };
  const signers = new Set(owners.map((place) => names[place]!));
  const checked = await checkAudits(job, manifest, parseChildren(job, children), whole, async (asked) =>
    Promise.resolve(new Set([...asked].filter((name) => signers.has(name)))),
  );
  expect(checked.ofShards.map((audits) => audits.length)).toEqual(byShard.map(({ length }) => length));
  return checked.audits;
}

const bothBy = (...places: number[]): Signed[][] => [0, 1].map((shard) => places.map((place) => attest(shard, place)));

describe('audits that a consent wants', () => {
  it('are there when each shard has so many of auditors whom the policy names', async () => {
    expect(await check(bothBy(0, 1), { wanted: 2 })).toEqual({
      auditors: names.slice(0, 2).sort(),
      believed: true,
      positionsPerPrime: 60,
    });
    // Which of them audited a shard may differ from shard to shard.
    const mixed = [
      [attest(0, 0), attest(0, 1)],
      [attest(1, 2), attest(1, 0)],
    ];
    expect((await check(mixed, { wanted: 2 }))?.auditors).toEqual([...names].sort());
  });

  it('are none by default: then a report says who audited, or that nobody did', async () => {
    expect(await check([[], []], {})).toBeUndefined();
    expect(await check([[attest(0, 0)], []], {})).toBeUndefined();
    expect(await check(bothBy(0), {})).toMatchObject({ auditors: [names[0]], believed: true });
  });

  it('are the model’s owner’s, who is named as such', async () => {
    const found = await check(bothBy(0, 1), { wanted: 'model-owner' }, [1]);
    expect(found).toMatchObject({ believed: true, modelOwners: [names[1]] });
    expect(checksText({ audits: found, checks: ['audit'] })).toContain(
      `${names[1]?.slice(0, 16)}… (the model’s owner)`,
    );
  });

  it.each<[string, AuditPolicy['wanted'], () => Signed[][], number[], RegExp]>([
    ['nobody audited', 1, () => [[], []], [], /wants 1 independent audits, and shard 0 has 0 of auditors/],
    ['a shard was left out', 1, () => [[attest(0, 0)], []], [], /and shard 1 has 0 of auditors/],
    ['one auditor signed twice', 2, () => bothBy(0, 0), [], /wants 2.*has 1 of/],
    ['one signed where two should', 2, () => [[attest(0, 0), attest(0, 1)], [attest(1, 0)]], [], /shard 1 has 1 of/],
    ['one of them owns the model', 2, () => bothBy(0, 1), [0], /wants 2 independent audits, and shard 0 has 1/],
    [
      'nobody owns the model',
      'model-owner',
      () => bothBy(0, 1),
      [],
      /by the model’s owner, and shard 0 has 0 of owners/,
    ],
    ['its owner audited a part', 'model-owner', () => [[attest(0, 0)], [attest(1, 1)]], [0], /shard 1 has 0 of owners/],
  ])('are missed where %s', async (_what, wanted, audits, owners, message) => {
    await expect(check(audits(), { wanted }, owners)).rejects.toThrow(message);
  });

  it('do not count from auditors whom the policy does not name', async () => {
    const auditors = names.slice(1);
    await expect(check(bothBy(0, 1), { wanted: 2, auditors })).rejects.toThrow(/shard 0 has 1 of auditors whom/);
    await expect(check(bothBy(0, 1), { wanted: 'model-owner', auditors }, [0])).rejects.toThrow(/has 0 of owners/);
    // One more who signed takes nothing from those who count, and is not named among them.
    expect(await check(bothBy(0, 1), { wanted: 1, auditors })).toEqual({
      ...{ auditors: [names[1]], believed: true, positionsPerPrime: 61 },
    });
    expect(await check(bothBy(0, 1), { required: true, auditors })).toMatchObject({ believed: true });
    expect(await check(bothBy(0), { auditors })).toMatchObject({ auditors: [names[0]], believed: false });
    await expect(check(bothBy(0), { required: true, auditors })).rejects.toThrow(/not audited by anybody whom/);
  });

  it.each([
    ['lack a prime', [[1], [2]]],
    ['are beyond the ring', [[1], [2], [4096]]],
  ])('are refused where their positions %s', async (_what, positions) => {
    await expect(check([[attest(0, 0)], [attest(1, 0, { positions })]], {})).rejects.toThrow(
      /positions that the dataset does not have/,
    );
  });

  it('are of this result, each of them, those of earlier auditors too', async () => {
    const other = attest(1, 1, { result: 'f'.repeat(64) });
    await expect(check([[attest(0, 0)], [attest(1, 0), other]], {})).rejects.toThrow(/an audit is of another result/);
    const forged = { ...attest(1, 1), signature: 'A'.repeat(86) };
    await expect(check([[attest(0, 0)], [attest(1, 0), forged]], {})).rejects.toThrow(
      /signature is not that of the auditor/,
    );
  });
});
