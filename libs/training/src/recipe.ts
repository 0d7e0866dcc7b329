import type { Augmentation } from './augment.js';
import type { Checkpoint } from './checkpoint.js';

export interface Recipe {
  readonly epochs: number;
  readonly seed: number;
  readonly batch: number;
  readonly peakRate: number;
  readonly warmUp: number;
  readonly clip: number;
  readonly weightDecay: number;
  /** Factor of the weight average, which runs over the second half of the steps. */
  readonly average: number;
  /** Train the first layer in the basis of whitened inputs. */
  readonly whitening: boolean;
}

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

export interface BatchProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
  /** Mean of the epoch so far. */
  readonly loss: number;
  readonly samplesPerSecond: number;
}

export interface EpochReport {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  readonly trainAccuracy: number;
  readonly seconds: number;
}

export interface TrainingOptions {
  readonly recipe?: Partial<Recipe>;
  readonly augmentation?: Augmentation;
  readonly resume?: Checkpoint;
  readonly signal?: AbortSignal;
  readonly onBatch?: (progress: BatchProgress) => void;
  /** How an image becomes network inputs without augmentation, where that is more than its bytes as numbers. */
  readonly plain?: Augmentation;
}
