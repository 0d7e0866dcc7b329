import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '@ciphernet/foundation';
import { sizeOf } from '@ciphernet/network';
import * as tf from '@tensorflow/tfjs-core';
import { Adam, clipNorm, learningRate } from './adam.js';
import { unchanged } from './augment.js';
import { centringBasis } from './centring.js';
import { type Checkpoint, requireSameRun } from './checkpoint.js';
import type { LabelledImages } from './labelled-images.js';
import { permutation, stream } from './random.js';
import { type EpochReport, RECIPE, type Recipe, type TrainingOptions } from './recipe.js';
import { initialWeights, trainBatch } from './step.js';
import type { TrainableNetwork as Network } from './topology.js';
import { type WeightBasis, whiteningBasis } from './whitening.js';

/** The event loop gets a turn this often, so that an abort and other work can come in. */
const TURN_MS = 50;

/** One training run. The same network, data, recipe and backend give the same weights, bit for bit. */
export class Training {
  readonly recipe: Recipe;
  private readonly network: Network;
  private readonly data: LabelledImages;
  private readonly options: TrainingOptions;
  readonly #identity: Checkpoint['identity'];
  readonly #adam: Adam;
  readonly #weights: Float32Array;
  readonly #basis: WeightBasis | undefined;
  #average: Float32Array | undefined;
  #epoch = 0;
  #inside = false;

  constructor(network: Network, data: LabelledImages, options: TrainingOptions = {}) {
    this.network = network;
    this.data = data;
    this.options = options;
    this.recipe = { ...RECIPE, ...options.recipe };
    requireMatch(network, data);
    this.#basis = this.recipe.whitening ? this.#whitening() : undefined;
    this.#identity = {
      network: JSON.stringify({ input: network.input, layers: network.layers }),
      data: createHash('sha256').update(data.images).update(data.labels).digest('hex'),
      augmentation: options.augmentation?.name ?? 'none',
      backend: tf.getBackend(),
      ...this.recipe,
      ...(this.#basis === undefined ? {} : { basis: this.#basis.name }),
    };
    this.#adam = new Adam(network, this.recipe.weightDecay);
    this.#weights = initialWeights(network, this.recipe.seed);
    if (options.resume !== undefined) this.#restore(options.resume);
  }

  /** Trains what is left of the epochs. At each report the state is that of a whole epoch. */
  async *run(): AsyncGenerator<EpochReport, void, undefined> {
    this.#requireWholeEpoch();
    while (this.#epoch < this.recipe.epochs) yield await this.#runEpoch();
  }

  /** A copy of the whole state; only between epochs. */
  checkpoint(): Checkpoint {
    this.#requireWholeEpoch();
    const base = {
      identity: this.#identity,
      epoch: this.#epoch,
      step: this.#adam.step,
      weights: this.#weights.slice(),
      m: this.#adam.m.slice(),
      v: this.#adam.v.slice(),
    };
    return this.#average === undefined ? base : { ...base, average: this.#average.slice() };
  }

  /** A copy of the weights to use: the average once there is one. */
  weights(): Float32Array {
    const weights = this.#average ?? this.#weights;
    return this.#basis?.toPlain(weights) ?? weights.slice();
  }

  #whitening(): WeightBasis | undefined {
    const { network, data, options } = this;
    const pixels = data.images.length / data.count;
    const plain = options.plain ?? unchanged(pixels);
    // Unchanged inputs draw nothing.
    const none = stream(this.recipe.seed, 'whitening', 0);
    const write = (sample: number, inputs: Float32Array): void =>
      plain.apply(data.images, sample * pixels, inputs, 0, none);
    return whiteningBasis(network, data.count, write) ?? centringBasis(network, data.count, write);
  }

  #requireWholeEpoch(): void {
    if (!this.#inside) return;
    throw new Error(
      `training: stopped inside epoch ${this.#epoch + 1}, whose state cannot be continued; ` +
        `make a new Training from the checkpoint taken after epoch ${this.#epoch}.`,
    );
  }

  #restore(from: Checkpoint): void {
    requireSameRun(from.identity, this.#identity);
    this.#weights.set(from.weights);
    this.#adam.m.set(from.m);
    this.#adam.v.set(from.v);
    this.#adam.step = from.step;
    this.#average = from.average?.slice();
    this.#epoch = from.epoch;
  }

  async #runEpoch(): Promise<EpochReport> {
    const { recipe, network, data, options } = this;
    const { seed, epochs } = recipe;
    const pixels = data.images.length / data.count;
    const inputs = sizeOf(network.input);
    const augmentation = options.augmentation ?? unchanged(pixels);
    const epoch = this.#epoch + 1;
    const order = permutation(data.count, stream(seed, 'order', epoch));
    const dropout = stream(seed, 'dropout', epoch);
    const changes = stream(seed, 'augmentation', epoch);
    const batches = Math.ceil(data.count / recipe.batch);
    const images = new Float32Array(recipe.batch * inputs);
    const labels = new Uint8Array(recipe.batch);
    const started = performance.now();
    let turned = started;
    let seen = 0;
    let loss = 0;
    let correct = 0;
    this.#inside = true;
    for (let batch = 0; batch < batches; batch++) {
      if (performance.now() - turned > TURN_MS) {
        await nextTurn();
        turned = performance.now();
      }
      options.signal?.throwIfAborted();
      const count = Math.min(recipe.batch, data.count - seen);
      for (let i = 0; i < count; i++) {
        const sample = order[seen + i]!;
        labels[i] = data.labels[sample]!;
        augmentation.apply(data.images, sample * pixels, images, i * inputs, changes);
      }
      const plain = this.#basis?.toPlain(this.#weights) ?? this.#weights;
      const outcome = await trainBatch(
        network,
        plain,
        images.subarray(0, count * inputs),
        labels.subarray(0, count),
        dropout,
      );
      this.#basis?.pullBack(outcome.gradient);
      // Batchnorm's running statistics, which the pass has changed.
      this.#weights.set(plain.subarray(network.trainedSize), network.trainedSize);
      clipNorm(outcome.gradient, recipe.clip);
      this.#update(outcome.gradient, epochs * batches);
      seen += count;
      loss += outcome.loss;
      correct += outcome.correct;
      if (!Number.isFinite(loss)) {
        throw new Error(
          `training: the loss is no longer finite in epoch ${epoch}, batch ${batch + 1}; lower peakRate or clip.`,
        );
      }
      options.onBatch?.({
        epoch,
        epochs,
        batch: batch + 1,
        batches,
        loss: loss / seen,
        samplesPerSecond: (1000 * seen) / (performance.now() - started),
      });
    }
    this.#epoch = epoch;
    this.#inside = false;
    const seconds = (performance.now() - started) / 1000;
    return { epoch, epochs, loss: loss / seen, trainAccuracy: correct / seen, seconds };
  }

  #update(gradient: Float32Array, steps: number): void {
    const { recipe } = this;
    const weights = this.#weights;
    const rate = learningRate(this.#adam.step, steps, recipe.peakRate, recipe.warmUp);
    this.#adam.update(weights, gradient, rate);
    if (this.#adam.step * 2 < steps) return;
    if (this.#average === undefined) {
      this.#average = weights.slice();
      return;
    }
    const average = this.#average;
    const share = 1 - recipe.average;
    for (let i = 0; i < average.length; i++) average[i]! += share * (weights[i]! - average[i]!);
  }
}

function requireMatch(network: Network, data: LabelledImages): void {
  const highest = data.labels.reduce((most, label) => Math.max(most, label), 0);
  if (highest < network.classes) return;
  throw new InputError(`label ${highest} for a network of ${network.classes} classes`, {
    where: 'training data',
    hint: 'give the last layer one unit a class',
  });
}
