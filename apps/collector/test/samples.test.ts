import { openPackedResult, resultToBytes, sampleOfResult } from '@ciphernet/artifacts';
import { signAttestation } from '@ciphernet/attestation';
import type { Identity } from '@ciphernet/identity';
import type { AuditedResult, InferredResult } from '@ciphernet/queue';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ForgedResult } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import { type Collected, collect, gather } from '../src/collect.js';
import { type Evaluated, aboutShard, createEvaluated, openAuditors } from './evaluated.js';

let evaluated: Evaluated;
let auditors: Identity[];
let names: string[];
beforeAll(async () => {
  evaluated = await createEvaluated();
  ({ auditors, names } = await openAuditors(evaluated, 2));
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

type Signed = NonNullable<AuditedResult['signed']>;

/** What an auditor signs of a shard: what its honest result has at some positions, or something else. */
function attest(shard: number, auditor: number, values?: string, of?: string): Signed {
  const { batches, manifest } = evaluated;
  const about = aboutShard(evaluated, shard);
  const positions = manifest.parameters.primes.map((_prime, primeIndex) => [
    ...Array.from({ length: 197 }, () => primeIndex),
    ...[17, 17, 4095],
  ]);
  const honest = sampleOfResult(openPackedResult(resultToBytes(batches[shard]!), 'honest'), positions)!;
  return signAttestation(
    { ...about, result: of ?? about.result, positions, values: values ?? honest },
    auditors[auditor]!,
  );
}

/** What the collector makes of audits by shard, where the policy names the first auditor and the owner holds no model. */
async function collected(
  byShard: readonly (readonly Signed[])[],
  results: readonly InferredResult[] = evaluated.results,
): Promise<Collected | Error> {
  const job = { ...evaluated.job, audit: true, compare: false };
  const children = results.map((inferred, shard) => {
    const [signed, ...earlier] = byShard[shard]!;
    return { inferred, ...(signed === undefined ? {} : { signed }), ...(earlier.length === 0 ? {} : { earlier }) };
  });
  const gathered = await gather(job, parseChildren(job, children), [], evaluated.blobs);
  const audits = { ...evaluated.dependencies.audits, auditors: names.slice(0, 1) };
  return collect(gathered, { ...evaluated.dependencies, audits }).catch((error: unknown) => error as Error);
}

const WRONG = 'f'.repeat(64);

const unsigned = ({ signed: _signed, ...result }: InferredResult): Omit<InferredResult, 'signed'> => result;

describe('what auditors computed of a result', () => {
  it('is what it has: then the report says who audited', async () => {
    const { report } = (await collected([[attest(0, 0)], [attest(1, 0)]])) as Collected;
    expect(report.audits).toEqual({ auditors: [names[0]], believed: true, positionsPerPrime: 200 });
    expect(report.checks).toContain('audit');
  });

  it('is not: the worker of that shard is to blame, and no other, where the policy names the auditor', async () => {
    const error = (await collected([
      [attest(0, 0), attest(0, 1)],
      [attest(1, 1), attest(1, 0, WRONG)],
    ])) as ForgedResult;
    expect(error).toBeInstanceOf(ForgedResult);
    expect(error.shards).toEqual([1]);
    expect((error.reason as Error).message).toMatch(/result of shard 1 is not what an auditor computed.*quarantine/);
    expect((error.reason as Error).message).toContain(names[0]!.slice(0, 16));
  });

  it('is not, by an auditor whom the policy does not name: the evaluation ends, and nobody is blamed', async () => {
    const error = await collected([[attest(0, 0), attest(0, 1, WRONG)], [attest(1, 0)]]);
    expect(error).not.toBeInstanceOf(ForgedResult);
    expect((error as Error).message).toMatch(/result of shard 0 is not what.*does not name that auditor/);
  });

  it('is not, by both: who is believed decides whether a worker is to blame', async () => {
    const error = await collected([[attest(0, 1, WRONG), attest(0, 0, WRONG)], [attest(1, 0)]]);
    expect((error as ForgedResult).shards).toEqual([0]);
  });

  it('counts with its plan, whoever else signs: a result of another scale, level or size is refused and blamed', async () => {
    for (const change of [{ scale: 1 }, { images: 3 }, { keyFingerprint: 'f'.repeat(64) }]) {
      const { header, residues } = evaluated.batches[1]!;
      const results = await evaluated.replace(1, { header: { ...header, ...change }, residues });
      const forged = results[1]!.result;
      // The positions are those of the honest body: an attestation of them by anybody else must not keep the plan from counting.
      const audits = [[attest(0, 0)], [attest(1, 0, undefined, forged), attest(1, 1, undefined, forged)]];
      const error = (await collected(audits, results)) as ForgedResult;
      expect(error).toBeInstanceOf(ForgedResult);
      expect(error.shards).toEqual([1]);
      expect((error.reason as Error).message).toMatch(/is not of/);
    }
  });

  it('is not, in two shards: the reason is that of which somebody is certain', async () => {
    const error = (await collected([[attest(0, 0), attest(0, 1, WRONG)], [attest(1, 0, WRONG)]])) as ForgedResult;
    expect(error.shards).toEqual([1]);
    expect((error.reason as Error).message).toMatch(/result of shard 1.*quarantine/);
  });

  it('is held against a result that is none: the worker signed those bytes', async () => {
    const { digest } = await evaluated.blobs.put(new Uint8Array(1000));
    const results = evaluated.results.map((result, shard) =>
      shard === 0 ? evaluated.sign({ ...unsigned(result), result: digest }) : result,
    );
    const error = (await collected([[attest(0, 0, undefined, digest)], [attest(1, 0)]], results)) as ForgedResult;
    expect(error).toBeInstanceOf(ForgedResult);
    expect(error.shards).toEqual([0]);
  });
});
