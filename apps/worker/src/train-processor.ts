import { MODEL_OWNERS } from '@ciphernet/artifacts';
import { modelBlobs, openModelKey } from '@ciphernet/models';
import { type TrainedResult, parseTrainJob } from '@ciphernet/queue';
import type { SandboxedJob } from 'bullmq';
import { openAuditor } from './audit.js';
import { inSandbox } from './sandbox.js';
import { train } from './train.js';

/** Entry of the sandbox: one training job on a thread of its own. */
export default function trainProcessor(
  job: SandboxedJob,
  _token?: string,
  signal?: AbortSignal,
): Promise<TrainedResult> {
  return inSandbox(job, async ({ configuration, blobs, report, announce }) =>
    train(parseTrainJob(job.data), {
      // All that training stores is the model, or was.
      blobs: modelBlobs(blobs, await openModelKey(configuration)),
      datasetFolders: configuration.datasetFolders,
      sign: async (model) => MODEL_OWNERS.sign(blobs, model, await openAuditor(configuration)),
      ...(signal === undefined ? {} : { signal }),
      onCheckpoint: announce,
      onProgress: ({ done, total, note }) => report({ stage: 'train', done, total, note }),
    }),
  );
}
