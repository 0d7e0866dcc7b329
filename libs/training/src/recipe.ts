import type { Augmentation } from './augment.js';
import type { Checkpoint } from './checkpoint.js';

/** How a network is trained. */
export interface Recipe {
  readonly epochs: number;
  /** What everything random in a run is derived from. */
  readonly seed: number;
  /** Images a step. */
  readonly batch: number;
  /** Learning rate at its highest, after the warm-up. */
  readonly peakRate: number;
  /** Share of the steps over which the rate rises, 0 to 1. */
  readonly warmUp: number;
  /** Largest Euclidean norm of a gradient; longer ones are scaled down. */
  readonly clip: number;
  /** Share of each kernel weight that is taken off, times the rate, each step. */
  readonly weightDecay: number;
  /** Factor of the weight average, which runs over the second half of the steps. */
  readonly average: number;
  /** Train the first layer in the basis of whitened inputs, or of centred ones where it is dense. */
  readonly whitening: boolean;
}

/** What a network gets where it names nothing else. */
export const RECIPE: Recipe = {
  epochs: 15,
  seed: 1,
  batch: 128,
  peakRate: 2e-3,
  warmUp: 0.03,
  clip: 5,
  weightDecay: 0,
  average: 0.998,
  whitening: true,
};

/** How far an epoch is. */
export interface BatchProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
  /** Mean of the epoch so far. */
  readonly loss: number;
  readonly samplesPerSecond: number;
}

/** Figures of a whole epoch on the training images. */
export interface EpochReport {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the images, in nats. */
  readonly loss: number;
  /** Share, 0 to 1. */
  readonly trainAccuracy: number;
  readonly seconds: number;
}

/** What a run may be given besides network and images. */
export interface TrainingOptions {
  readonly recipe?: Partial<Recipe>;
  readonly augmentation?: Augmentation;
  readonly resume?: Checkpoint;
  readonly signal?: AbortSignal;
  readonly onBatch?: (progress: BatchProgress) => void;
  /** How an image becomes network inputs without augmentation, where that is more than its bytes as numbers. */
  readonly plain?: Augmentation;
}
