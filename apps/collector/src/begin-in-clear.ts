import type { JobProgress } from '@ciphernet/queue';
import type { CollectDependencies } from './collect.js';
import type { OwnModel } from './compare.js';
import type { ReportParts } from './compose-report.js';
import { type ClearEvaluation, type ClearOutputs, ThreadEnded, evaluateInClear } from './in-clear.js';

/** Outputs in the clear that are being computed. */
export interface InClear {
  /** Waits for them, and tells how far they are from then on. */
  outputs(): Promise<ClearOutputs>;
}

/**
 * Begins to evaluate in the clear: nothing of it depends on a decryption, which leaves cores idle. It is not stopped where the decryption
 * fails, and is to be waited for all the same: how long an evaluation takes must not tell. For the same reason all that it asks the store
 * for has been asked when this resolves: whether a store that fails is noticed would depend on the decryption otherwise.
 *
 * @param elsewhere on another thread; here, whenever decryption waits, where there is none or it ended
 * @throws what loading throws
 */
export async function beginInClear(
  { model, compiled, bytes }: OwnModel,
  { manifest, examples }: Pick<ReportParts, 'manifest' | 'examples'>,
  elsewhere: ClearEvaluation | undefined,
  onProgress: CollectDependencies['onProgress'],
): Promise<InClear> {
  let isAwaited = false;
  let latest: JobProgress | undefined;
  const tell = (): void => {
    if (isAwaited && latest !== undefined) onProgress?.(latest);
  };
  const watch = (done: number, total: number): void => {
    latest = { stage: 'compare', done, total };
    tell();
  };
  const here = (): Promise<ClearOutputs> =>
    evaluateInClear({ plain: model.plain, compiled }, examples, manifest.classes, watch);
  const orHere = (error: unknown): Promise<ClearOutputs> => {
    if (error instanceof ThreadEnded) return here();
    throw error;
  };
  await elsewhere?.loaded.catch((error: unknown) => {
    if (!(error instanceof ThreadEnded)) throw error;
  });
  const outputs = elsewhere?.evaluate(bytes, watch).catch(orHere) ?? here();
  // Thrown where it is waited for: until then a failure must not count as unhandled.
  outputs.catch(() => undefined);
  return {
    outputs() {
      isAwaited = true;
      tell();
      return outputs;
    },
  };
}
