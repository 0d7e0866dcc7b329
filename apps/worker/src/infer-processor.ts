import { openModelKey } from '@ciphernet/models';
import { type InferredResult, parseInferJob } from '@ciphernet/queue';
import type { SandboxedJob } from 'bullmq';
import { infer } from './infer.js';
import { inSandbox } from './sandbox.js';
import { enginesFor } from './worker-engines.js';
import { openWorkerTrust } from './worker-trust.js';

/** Entry of the sandbox: one infer job, CPU-bound, on a thread of its own. */
export default function inferProcessor(
  job: SandboxedJob,
  _token?: string,
  signal?: AbortSignal,
): Promise<InferredResult> {
  return inSandbox(job, async ({ configuration, blobs, report }) => {
    const data = parseInferJob(job.data);
    return infer(data, {
      blobs,
      engines: enginesFor(data.engine),
      say: (line) => job.log(line),
      worker: `${configuration.host}:${process.pid}`,
      trust: await openWorkerTrust(configuration),
      owners: configuration.acceptedOwners,
      modelKey: await openModelKey(configuration),
      ...(signal === undefined ? {} : { signal }),
      onProgress: (fraction) => report({ stage: 'infer', done: fraction, total: 1 }),
    });
  });
}
