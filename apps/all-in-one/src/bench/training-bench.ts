import { type LoadOptions, loadDataset } from '@ciphernet/datasets';
import { type ModelSpec, type TrainingGpu, modelSpec, selectBackend, trainModel } from '@ciphernet/training';

/** Networks whose epochs are timed: the zoo's two small ones, and a convolution with more taps an input. */
const TIMED: readonly ModelSpec[] = [
  modelSpec('reference'),
  modelSpec('cnn'),
  {
    ...modelSpec('cnn'),
    name: 'conv 16@5×5/2, 128',
    layers: [
      { kind: 'conv2d', filters: 16, kernel: [5, 5], stride: [2, 2], padding: 'valid' },
      { kind: 'square' },
      { kind: 'flatten' },
      { kind: 'dense', units: 128 },
      { kind: 'square' },
    ],
  },
];

/** Times of training epochs. */
export interface TrainingFigures {
  readonly backend: string;
  /** Seconds for an epoch over all 60,000 training images, batches of 128, without augmentation. */
  readonly epochs: readonly { readonly network: string; readonly seconds: number }[];
}

/**
 * Times the second epoch of each: the first also warms up.
 *
 * @param gpu to train on, which stays open; default: what trains best without one
 */
export async function benchTraining(folders: LoadOptions, gpu?: TrainingGpu): Promise<TrainingFigures> {
  const { name: backend } = await (gpu === undefined ? selectBackend() : selectBackend(['webgpu'], gpu));
  const train = await loadDataset('mnist', 'train', folders);
  const epochs: { network: string; seconds: number }[] = [];
  for (const spec of TIMED) {
    let seconds = 0;
    for await (const { report } of trainModel(spec, train, { recipe: { epochs: 2, seed: 1 } })) {
      seconds = report.seconds;
    }
    epochs.push({ network: spec.name, seconds });
  }
  return { backend, epochs };
}
