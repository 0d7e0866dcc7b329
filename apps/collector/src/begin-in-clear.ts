import type { JobProgress } from '@ciphernet/queue';
import type { CollectDependencies } from './collect.js';
import type { OwnModel } from './compare.js';
import type { ReportParts } from './compose-report.js';
import { type ClearOutputs, ThreadEnded, evaluateInClear } from './in-clear.js';

/** Outputs in the clear that are being computed. */
export interface InClear {
  /** Waits for them, and tells how far they are from then on. */
  outputs(): Promise<ClearOutputs>;
}

/**
 * Begins to evaluate in the clear: nothing of it depends on a decryption, which leaves cores idle. It is not stopped where the decryption
 * fails, and is to be waited for all the same: how long an evaluation takes, and when the store is asked for what, must not tell.
 */
export function beginInClear(
  { model, compiled, bytes }: OwnModel,
  { job, manifest, record, examples }: Pick<ReportParts, 'job' | 'manifest' | 'record' | 'examples'>,
  { evaluateElsewhere, onProgress }: Pick<CollectDependencies, 'evaluateElsewhere' | 'onProgress'>,
): InClear {
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
  const outputs =
    evaluateElsewhere?.({ model: job.model, compiled: bytes, record, manifest }, watch).catch((error: unknown) => {
      if (error instanceof ThreadEnded) return here();
      throw error;
    }) ?? here();
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
