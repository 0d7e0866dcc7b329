import { type TrainedResult, parseTrainJob } from '@ciphernet/queue';
import type { SandboxedJob } from 'bullmq';
import { inSandbox } from './sandbox.js';
import { train } from './train.js';

/** Entry of the sandbox: one training job on a thread of its own. */
export default function trainProcessor(
  job: SandboxedJob,
  _token?: string,
  signal?: AbortSignal,
): Promise<TrainedResult> {
  return inSandbox(job, ({ configuration, blobs, report, announce }) =>
    train(parseTrainJob(job.data), {
      blobs,
      datasetFolders: configuration.datasetFolders,
      ...(signal === undefined ? {} : { signal }),
      onCheckpoint: announce,
      onProgress: ({ done, total, note }) => report({ stage: 'train', done, total, note }),
    }),
  );
}
