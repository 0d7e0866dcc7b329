import { join } from 'node:path';
import { signAttestation } from '@ciphernet/attestation';
import { type Identity, identityFingerprint, openIdentity } from '@ciphernet/identity';
import type { AuditedResult } from '@ciphernet/queue';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuditPolicy, checkAudits, parseChildren } from '../src/audits.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
let auditors: Identity[];
let names: string[];
beforeAll(async () => {
  evaluated = await createEvaluated();
  const open = (name: string): Promise<Identity> => openIdentity(join(evaluated.folder, name), undefined);
  auditors = await Promise.all(['first', 'second', 'third'].map(open));
  names = auditors.map(({ publicKey }) => identityFingerprint(publicKey));
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

type Signed = NonNullable<AuditedResult['signed']>;

function attest(shard: number, auditor: number, change: { readonly result?: string } = {}): Signed {
  const { job, manifest, results } = evaluated;
  const { compiled, result } = results[shard]!;
  const shardDigest = manifest.shards[shard]!.digest;
  const said = { evaluation: job.evaluation, manifest: job.manifest, model: job.model, shard, shardDigest };
  return signAttestation({ ...said, compiled, result, positions: 60 + auditor, ...change }, auditors[auditor]!);
}

/** What the policy says of shards that these auditors have audited. */
function check(byShard: readonly (readonly Signed[])[], policy: Partial<AuditPolicy>) {
  const { results, manifest } = evaluated;
  const job = { ...evaluated.job, audit: true };
  const children = results.map((inferred, shard) => {
    const [signed, ...earlier] = byShard[shard] ?? [];
    return { inferred, ...(signed === undefined ? {} : { signed }), ...(earlier.length === 0 ? {} : { earlier }) };
  });
  const whole = { auditors: names, required: false, wanted: 'none' as const, ...policy };
  return checkAudits(job, manifest, parseChildren(job, children), whole);
}

describe('audits that a consent wants', () => {
  it('are there when each shard has so many of auditors whom the policy names', () => {
    const both = [0, 1].map((shard) => [attest(shard, 0), attest(shard, 1)]);
    expect(check(both, { wanted: 2 })).toEqual({
      auditors: names.slice(0, 2).sort(),
      believed: true,
      positionsPerPrime: 60,
    });
    // Which of them audited a shard may differ from shard to shard.
    const mixed = [
      [attest(0, 0), attest(0, 1)],
      [attest(1, 2), attest(1, 0)],
    ];
    expect(check(mixed, { wanted: 2 })?.auditors).toEqual([...names].sort());
  });

  it('are none by default: then a report says who audited, or that nobody did', () => {
    expect(check([[], []], {})).toBeUndefined();
    expect(check([[attest(0, 0)], []], {})).toBeUndefined();
    expect(check([[attest(0, 0)], [attest(1, 0)]], {})).toMatchObject({ auditors: [names[0]], believed: true });
  });

  it.each<[string, number, () => Signed[][], RegExp]>([
    ['nobody audited', 1, () => [[], []], /wants 1 independent audits, and shard 0 has 0 of auditors/],
    ['a shard was left out', 1, () => [[attest(0, 0)], []], /and shard 1 has 0 of auditors/],
    ['one auditor signed twice', 2, () => [0, 1].map((i) => [attest(i, 0), attest(i, 0)]), /wants 2.*has 1 of/],
    ['one signed where two should', 2, () => [[attest(0, 0), attest(0, 1)], [attest(1, 0)]], /shard 1 has 1 of/],
  ])('are missed where %s', (_what, wanted, audits, message) => {
    expect(() => check(audits(), { wanted })).toThrow(message);
  });

  it('do not count from auditors whom the policy does not name', () => {
    const both = [0, 1].map((shard) => [attest(shard, 0), attest(shard, 1)]);
    expect(() => check(both, { wanted: 2, auditors: names.slice(1) })).toThrow(/shard 0 has 1 of auditors whom/);
    expect(check(both, { wanted: 1, auditors: names.slice(1) })).toMatchObject({ believed: false });
  });

  it('are of this result, each of them, those of earlier auditors too', () => {
    const other = attest(1, 1, { result: 'f'.repeat(64) });
    expect(() => check([[attest(0, 0)], [attest(1, 0), other]], {})).toThrow(/an audit is of another result/);
    const forged = { ...attest(1, 1), signature: 'A'.repeat(86) };
    expect(() => check([[attest(0, 0)], [attest(1, 0), forged]], {})).toThrow(/signature is not that of the auditor/);
  });
});
