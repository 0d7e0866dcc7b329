import { join } from 'node:path';
import { signRefusal } from '@ciphernet/attestation';
import { type Identity, identityFingerprint, openIdentity } from '@ciphernet/identity';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ForgedResult } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import { checkRefusals } from '../src/refusals.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
let auditors: Identity[];
let names: string[];
beforeAll(async () => {
  evaluated = await createEvaluated();
  const open = (name: string): Promise<Identity> => openIdentity(join(evaluated.folder, name), undefined);
  auditors = await Promise.all(['first', 'second'].map(open));
  names = auditors.map(({ publicKey }) => identityFingerprint(publicKey));
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

function refuse(shard: number, auditor: number, change: { readonly result?: string; readonly shard?: number } = {}) {
  const { job, manifest, results } = evaluated;
  const { compiled, result } = results[shard]!;
  const shardDigest = manifest.shards[shard]!.digest;
  const said = { evaluation: job.evaluation, manifest: job.manifest, model: job.model, shard, shardDigest };
  const found = `prime 0, position ${shard}`;
  return signRefusal({ ...said, compiled, result, found, ...change }, auditors[auditor]!);
}

type Signed = ReturnType<typeof refuse>;

/** What the collector makes of refusals by shard, where the policy names the first auditor. */
function check(byShard: readonly (readonly Signed[])[]): unknown {
  const { results, manifest } = evaluated;
  const job = { ...evaluated.job, audit: true };
  const children = results.map((inferred, shard) => {
    const refused = byShard[shard] ?? [];
    return { inferred, ...(refused.length === 0 ? {} : { refused }) };
  });
  try {
    checkRefusals(job, manifest, parseChildren(job, children), { auditors: names.slice(0, 1) });
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('an auditor’s refusal', () => {
  it('is none where none was signed', () => {
    expect(check([[], []])).toBeUndefined();
  });

  it('blames the worker of the shard, and no other, where the policy names the auditor', () => {
    const error = check([[], [refuse(1, 1), refuse(1, 0)]]) as ForgedResult;
    expect(error).toBeInstanceOf(ForgedResult);
    expect(error.shards).toEqual([1]);
    expect((error.reason as Error).message).toMatch(/refused the result of shard 1: prime 0, position 1.*quarantine/);
    expect((error.reason as Error).message).toContain(names[0]!.slice(0, 16));
  });

  it('ends the evaluation and blames nobody where the policy does not name the auditor', () => {
    const error = check([[refuse(0, 1)], []]);
    expect(error).not.toBeInstanceOf(ForgedResult);
    expect((error as Error).message).toMatch(/refused the result of shard 0.*does not name that auditor/);
  });

  it.each<[string, () => Signed, RegExp]>([
    ['another result', () => refuse(0, 0, { result: 'f'.repeat(64) }), /a refusal is of another result/],
    ['another shard', () => refuse(0, 0, { shard: 1 }), /a refusal is of another result/],
    ['somebody else', () => ({ ...refuse(0, 0), signature: 'A'.repeat(86) }), /signature is not that of the auditor/],
  ])('of or by %s blames nobody', (_what, signed, message) => {
    const error = check([[signed()], []]);
    expect(error).not.toBeInstanceOf(ForgedResult);
    expect((error as Error).message).toMatch(message);
  });
});
