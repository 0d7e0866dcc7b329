import type { CollectJob, InferredResult } from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';
import { ForgedResult } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import { type CollectDependencies, collect, gather } from '../src/collect.js';
import type { Evaluated } from './evaluated.js';

/** @throws the reason, where a result is forged */
export type CollectSigned = (
  job: CollectJob,
  results: readonly InferredResult[],
  failures: readonly string[],
  dependencies: CollectDependencies,
) => Promise<Report>;

const unsigned = ({ signed: _signed, ...result }: InferredResult): Omit<InferredResult, 'signed'> => result;

/** Collects what workers return and sign, whatever it says. */
export function collectSigned(evaluated: Evaluated): CollectSigned {
  return async (job, results, failures, dependencies) => {
    const answered = parseChildren(
      { ...job, audit: false },
      results.map((result) => evaluated.sign(unsigned(result))),
    );
    const gathered = await gather(job, answered, failures, dependencies.blobs);
    const { report } = await collect(gathered, dependencies).catch((error: unknown) => {
      throw error instanceof ForgedResult ? error.reason : error;
    });
    return report;
  };
}
