import {
  type SignedStatement,
  type WorkerTrust,
  acceptedProgress,
  signProgress,
  signedStatementSchema,
} from '@ciphernet/attestation';
import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { sha256Hex } from '@ciphernet/foundation';
import { z } from 'zod';

/** What the store keeps of runs, each under its name. */
export interface ProgressFamily<State> {
  /** @returns undefined for nothing, and for what no worker has signed whom this one accepts: then the run begins anew */
  get(blobs: BlobStore, run: string, trust: WorkerTrust): Promise<State | undefined>;
  set(blobs: BlobStore, run: string, state: State, trust: WorkerTrust): Promise<void>;
}

/**
 * A family of references that only workers' signatures make count: everybody who writes to the store could plant weights there, which
 * a worker would go on with and sign as its own.
 *
 * @param name of the family
 * @param schema of what is kept; it decides the order of the fields, and with it what is signed
 */
export function progressFamily<State>(name: string, schema: z.ZodType<State>): ProgressFamily<State> {
  const kept = z.strictObject({ state: schema, signed: signedStatementSchema });
  const refs = refFamily(name, kept as z.ZodType<{ readonly state: State; readonly signed: SignedStatement }>);
  const said = (run: string, state: State): { of: string; state: string } => ({
    of: `${name} ${run}`,
    state: sha256Hex(JSON.stringify(schema.parse(state))),
  });
  return {
    async get(blobs, run, trust) {
      const found = await refs.find(blobs, run);
      if (found === undefined) return undefined;
      const { state, signed } = found;
      const [progress, expected] = [acceptedProgress(signed, trust), said(run, state)];
      return progress?.of === expected.of && progress.state === expected.state ? state : undefined;
    },
    async set(blobs, run, state, trust) {
      await refs.set(blobs, run, { state, signed: signProgress(said(run, state), trust) });
    },
  };
}
