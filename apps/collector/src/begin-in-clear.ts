import type { JobProgress } from '@ciphernet/queue';
import type { CollectDependencies } from './collect.js';
import type { OwnModel } from './compare.js';
import type { ReportParts } from './compose-report.js';
import { type ClearOutputs, evaluateInClear } from './in-clear.js';

/** Outputs in the clear that are being computed; disposed, it is not waited for any more. */
export interface InClear extends Disposable {
  /** Waits for them, and tells how far they are from then on. */
  outputs(): Promise<ClearOutputs>;
}

/** Begins to evaluate in the clear: nothing of it depends on a decryption, which leaves cores idle. */
export function beginInClear(
  { model, compiled, bytes }: OwnModel,
  { job, manifest, record, examples }: Pick<ReportParts, 'job' | 'manifest' | 'record' | 'examples'>,
  { evaluateElsewhere, onProgress }: Pick<CollectDependencies, 'evaluateElsewhere' | 'onProgress'>,
): InClear {
  const ended = new AbortController();
  let isAwaited = false;
  let latest: JobProgress | undefined;
  const tell = (): void => {
    if (isAwaited && latest !== undefined) onProgress?.(latest);
  };
  const watch = {
    signal: ended.signal,
    onProgress: (done: number, total: number) => {
      latest = { stage: 'compare', done, total };
      tell();
    },
  };
  const outputs =
    evaluateElsewhere === undefined
      ? evaluateInClear({ plain: model.plain, compiled }, examples, manifest.classes, watch)
      : evaluateElsewhere({ model: job.model, compiled: bytes, record, manifest }, watch);
  // Thrown where it is waited for: until then a failure must not count as unhandled.
  outputs.catch(() => undefined);
  return {
    outputs() {
      isAwaited = true;
      tell();
      return outputs;
    },
    [Symbol.dispose]: () => ended.abort(),
  };
}
