import { MODEL_OWNERS } from '@ciphernet/artifacts';
import { modelBlobs, openModelKey } from '@ciphernet/models';
import { CONVERSION, type ConvertedResult, type TrainedResult, parseConvertJob, parseTrainJob } from '@ciphernet/queue';
import type { SandboxedJob } from 'bullmq';
import { openAuditor } from './audit.js';
import { convert } from './conversion/convert.js';
import { type Sandbox, inSandbox } from './sandbox.js';
import { type TrainDependencies, train } from './train.js';
import { trainingBackendFor } from './training-backend.js';
import { openWorkerTrust } from './worker-trust.js';

async function dependenciesOf(
  job: SandboxedJob,
  { configuration, blobs, report, announce }: Sandbox,
  signal: AbortSignal | undefined,
): Promise<TrainDependencies> {
  return {
    // Models and what they are trained on from epoch to epoch: under the key of whoever trains, where there is one.
    blobs: modelBlobs(blobs, await openModelKey(configuration)),
    answers: blobs,
    trust: await openWorkerTrust(configuration),
    datasetFolders: configuration.datasetFolders,
    sign: async (model) => MODEL_OWNERS.sign(blobs, model, await openAuditor(configuration)),
    ...(signal === undefined ? {} : { signal }),
    backendFor: trainingBackendFor,
    onBackend: ({ name, reason }) => {
      announce({ stage: 'backend', backend: name, reason: reason.slice(0, 400) });
      void job.log(reason);
    },
    onCheckpoint: announce,
    onProgress: ({ done, total, note }) => report({ stage: 'train', done, total, note }),
  };
}

/** Entry of the sandbox: one training or conversion job on a thread of its own. */
export default function trainProcessor(
  job: SandboxedJob,
  _token?: string,
  signal?: AbortSignal,
): Promise<TrainedResult | ConvertedResult> {
  return inSandbox(job, async (sandbox) => {
    const dependencies = await dependenciesOf(job, sandbox, signal);
    return job.name === CONVERSION
      ? convert(parseConvertJob(job.data), dependencies)
      : train(parseTrainJob(job.data), dependencies);
  });
}
