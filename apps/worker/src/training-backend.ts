import { availableParallelism } from 'node:os';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { mayHaveGpu, openThreadGpu, thisMachine } from '@ciphernet/engines';
import { messageOf, nameOf } from '@ciphernet/foundation';
import type { BackendChoice, BackendSearch, ChosenBackend, SelectedBackend } from '@ciphernet/training';

/** Under this name training threads find what their worker is to train with. */
const KEY = 'ciphernet.training';

/** Lets the training threads of this process train with `choice`. Call it before workers start. */
export function configureTraining(choice: BackendChoice): void {
  setEnvironmentData(KEY, choice);
}

/** What the training threads of this process were told. */
function toldChoice(): BackendChoice {
  return (getEnvironmentData(KEY) ?? 'auto') as BackendChoice;
}

/** Why the GPU that this thread trained on failed: it trains without one until it ends. */
let failure: string | undefined;

/** The backend for a conversion: what the worker was told where that is no GPU's, which a conversion cannot use, by default the best of the others. */
export async function conversionBackend(): Promise<SelectedBackend> {
  const { selectBackend } = await import('@ciphernet/training');
  const wanted = toldChoice();
  return wanted === 'auto' || wanted === 'webgpu' ? selectBackend() : selectBackend([wanted]);
}

/** What a job knows of the choice: the backend that it began with, and a step of what it trains. */
export type TrainingSearch = Pick<BackendSearch, 'begunWith' | 'step'>;

/**
 * The backend for a training job: what the worker was told, by default the fastest. Where a GPU fails in a job, that job is given
 * back, and the next one of this thread, which may be the same from its checkpoint, goes without the GPU.
 *
 * @throws Error where a backend that was asked for by name does not start
 */
export async function trainingBackendFor(search: TrainingSearch): Promise<ChosenBackend> {
  // Loaded here: who starts a worker configures it without TensorFlow.js.
  const { chooseBackend } = await import('@ciphernet/training');
  if (failure !== undefined) {
    const chosen = await chooseBackend({ ...search, wanted: 'auto', openGpu: undefined });
    return { ...chosen, reason: `${chosen.reason}; webgpu not taken again: ${failure}` };
  }
  const wanted = toldChoice();
  const isWorthAsking = wanted === 'webgpu' || mayHaveGpu(thisMachine(availableParallelism()));
  const chosen = await chooseBackend({ ...search, wanted, openGpu: isWorthAsking ? () => openThreadGpu() : undefined });
  return {
    ...chosen,
    explain(error) {
      const explained = chosen.explain(error);
      if (nameOf(explained) === 'DeviceError') failure = messageOf(explained);
      return explained;
    },
  };
}
