import { type Augmentation, MNIST_AUGMENTATION, affineElastic, flipShift } from './augment.js';

/** Below this many epochs a network has not learned the plain images yet, and changed ones only slow it down. */
const MIN_EPOCHS = 8;

/** How a named dataset's images are changed on the fly; undefined for a short run or an unknown dataset. */
export function augmentationFor(dataset: string, epochs: number): Augmentation | undefined {
  if (epochs < MIN_EPOCHS) return undefined;
  if (dataset === 'mnist') return affineElastic(MNIST_AUGMENTATION);
  // Digits may not be mirrored, clothes may.
  if (dataset.startsWith('fashion-mnist')) return flipShift({ height: 28, width: 28, channels: 1, shift: 1 });
  return undefined;
}
