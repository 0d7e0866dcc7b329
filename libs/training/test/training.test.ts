import { type LayerTopology, evaluateNetwork } from '@ciphernet/network';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { MNIST_AUGMENTATION, affineElastic, flipShift, unchanged } from '../src/augment.js';
import { selectBackend } from '../src/backend.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../src/checkpoint.js';
import { toNetwork } from '../src/export.js';
import { forward, uploadWeights } from '../src/forward.js';
import type { LabelledImages } from '../src/labelled-images.js';
import { stream } from '../src/random.js';
import { initialWeights, trainBatch } from '../src/step.js';
import { describeNetwork } from '../src/topology.js';
import { trainModel } from '../src/train-model.js';
import { Training } from '../src/training.js';
import { modelSpec } from '../src/zoo.js';

const EVERYTHING: readonly LayerTopology[] = [
  { kind: 'averagePool', size: [2, 2], stride: [2, 2], padding: 'valid' },
  { kind: 'conv2d', filters: 6, kernel: [4, 4], stride: [2, 2], padding: 'same' },
  { kind: 'batchNorm' },
  { kind: 'square' },
  { kind: 'dropout', rate: 0.2 },
  { kind: 'conv2d', filters: 5, kernel: [3, 2], stride: [1, 1], padding: 'valid' },
  { kind: 'square' },
  { kind: 'flatten' },
  { kind: 'dense', units: 12 },
  { kind: 'batchNorm' },
  { kind: 'square' },
  { kind: 'dense', units: 4 },
];
const network = describeNetwork({ input: { height: 16, width: 16, channels: 1 }, layers: EVERYTHING });

/** Four classes that can be learned: a bright quadrant on noise. */
function quadrants(count: number): LabelledImages {
  const random = stream(9, 'quadrants', 0);
  const labels = Uint8Array.from({ length: count }, () => random.word() & 3);
  const images = new Uint8Array(count * 256);
  labels.forEach((label, n) => {
    for (let i = 0; i < 256; i++) {
      const quadrant = (i >= 128 ? 2 : 0) + (i % 16 >= 8 ? 1 : 0);
      images[n * 256 + i] = (random.word() & 127) + (quadrant === label ? 100 : 0);
    }
  });
  return { count, images, labels };
}

const data = quadrants(600);
const recipe = { epochs: 4, seed: 3, batch: 32 };

async function trainAll(
  options: { resume?: Checkpoint; epochs?: number } = {},
): Promise<{ training: Training; accuracy: number }> {
  const training = new Training(network, data, {
    recipe,
    ...(options.resume === undefined ? {} : { resume: options.resume }),
  });
  let accuracy = 0;
  let epochs = 0;
  for await (const report of training.run()) {
    accuracy = report.trainAccuracy;
    if (++epochs === options.epochs) break;
  }
  return { training, accuracy };
}

beforeAll(async () => {
  await selectBackend(['wasm']);
});

describe('the wasm backend with our kernels', () => {
  it('gives the gradient that the cpu backend gives, for every kind of layer', async () => {
    const images = Float32Array.from(data.images.subarray(0, 8 * 256), (byte) => byte / 255);
    const weights = initialWeights(network, 1);
    const gradient = async (): Promise<Float32Array> => {
      const labels = data.labels.subarray(0, 8);
      return (await trainBatch(network, weights.slice(), images, labels, stream(1, 'dropout', 1))).gradient;
    };
    const wasm = await gradient();
    await selectBackend(['cpu']);
    const cpu = await gradient();
    await selectBackend(['wasm']);
    const norm = Math.sqrt(cpu.reduce((sum, value) => sum + value * value, 0));
    const distance = Math.sqrt(cpu.reduce((sum, value, i) => sum + (value - (wasm[i] ?? NaN)) ** 2, 0));
    expect(norm).toBeGreaterThan(1e-3);
    expect(distance / norm).toBeLessThan(1e-4);
  });

  it('is the next best after native ones, and the choice says why', async () => {
    const { name, reason } = await selectBackend(['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu']);
    const reasons = {
      'tfjs-node-gpu': /took tfjs-node-gpu/,
      'tfjs-node': /took tfjs-node .*tfjs-node-gpu not usable/,
      webgpu: /no candidate/,
      wasm: /took wasm.*tfjs-node-gpu not usable.*tfjs-node not usable/,
      cpu: /took cpu.*wasm not usable/,
    };
    expect(reason).toMatch(reasons[name]);
    // On a machine with a native backend too, what follows is measured on wasm.
    expect((await selectBackend(['wasm'])).name).toBe('wasm');
  });
});

describe('a model of the zoo', () => {
  it('is evaluated on the backend as by the exported network, in batches of which the last is not full', async () => {
    const { count, images, labels } = quadrants(1100);
    const shape = { height: 16, width: 16, channels: 1 };
    const dataset = {
      name: 'quadrants',
      split: 'train' as const,
      source: 'drawn',
      shape,
      classes: 4,
      count,
      images,
      labels,
    };
    const spec = { ...modelSpec('mlp'), layers: EVERYTHING.slice(0, -1) };
    const features = Float32Array.from(images, (byte) => byte / 255);
    for await (const { evaluate, network: exported } of trainModel(spec, dataset, { recipe: { epochs: 1 } })) {
      const [found, expected] = [await evaluate(features), evaluateNetwork(exported, features)];
      expect(found.length).toBe(4 * count);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      found.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(1e-4 * largest));
    }
  });
});

describe('training', () => {
  it('learns, and gives the same bits for the same seed', async () => {
    const first = await trainAll();
    const second = await trainAll();
    expect(first.accuracy).toBeGreaterThan(0.9);
    expect(second.training.weights()).toEqual(first.training.weights());
    const other = new Training(network, data, { recipe: { ...recipe, seed: 4 } });
    for await (const _ of other.run());
    expect(other.weights()).not.toEqual(first.training.weights());
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const whole = await trainAll();
    for (const epochs of [1, 3]) {
      const part = await trainAll({ epochs });
      const bytes = encodeCheckpoint(part.training.checkpoint());
      const resumed = await trainAll({ resume: decodeCheckpoint(bytes, 'test') });
      expect(resumed.training.weights()).toEqual(whole.training.weights());
    }
  });

  it('refuses a checkpoint of another run and a damaged one', async () => {
    const { training } = await trainAll({ epochs: 1 });
    const checkpoint = training.checkpoint();
    expect(() => new Training(network, data, { recipe: { ...recipe, seed: 9 }, resume: checkpoint })).toThrow(
      /made with seed = 3/,
    );
    const bytes = encodeCheckpoint(checkpoint);
    const flipped = Uint8Array.from(bytes);
    flipped[bytes.length - 9] = (flipped[bytes.length - 9] ?? 0) ^ 1;
    expect(() => decodeCheckpoint(flipped, 'test')).toThrow(/do not match their digest/);
    expect(() => decodeCheckpoint(bytes.subarray(0, 40), 'test')).toThrow(/not JSON|digest/);
    expect(() => decodeCheckpoint(new Uint8Array(5), 'test')).toThrow(/not a training checkpoint/);
  });

  it('stops between batches when asked', async () => {
    const controller = new AbortController();
    const training = new Training(network, data, {
      recipe,
      signal: controller.signal,
      onBatch: () => controller.abort(),
    });
    await expect(training.run().next()).rejects.toThrow(/abort/i);
  });

  it('leaks no tensor', async () => {
    const before = tf.memory().numTensors;
    await trainAll({ epochs: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is refused for labels beyond the classes', () => {
    const labels = Uint8Array.from(data.labels);
    labels[5] = 4;
    expect(() => new Training(network, { ...data, labels })).toThrow(/label 4 for a network of 4 classes/);
  });
});

describe('the exported network', () => {
  it('gives the logits of the trained one, with dropout gone and batch normalisation folded', async () => {
    const { training } = await trainAll({ epochs: 1 });
    const weights = training.weights();
    const ours = toNetwork(network, weights);
    expect(ours.layers.map(({ kind }) => kind)).not.toContain('dropout');
    const images = Float32Array.from(data.images.subarray(0, 5 * 256), (byte) => byte / 255);
    const expected = tf.tidy(() =>
      forward(network, uploadWeights(network, weights), tf.tensor4d(images, [5, 16, 16, 1])).dataSync(),
    );
    evaluateNetwork(ours, images).forEach((logit, i) =>
      expect(Math.abs(logit - (expected[i] ?? NaN))).toBeLessThan(1e-3),
    );
  });
});

describe('augmentation', () => {
  const image = Uint8Array.from({ length: 784 }, (_, i) => (i * 7) % 256);
  const apply = (augmentation: ReturnType<typeof unchanged>, seed: number): Float32Array => {
    const out = new Float32Array(784);
    augmentation.apply(image, 0, out, 0, stream(seed, 'augmentation', 1));
    return out;
  };

  it('stays in [0, 1], differs by seed and repeats for one', () => {
    for (const augmentation of [
      affineElastic(MNIST_AUGMENTATION),
      flipShift({ height: 28, width: 28, channels: 1, shift: 1 }),
    ]) {
      const out = apply(augmentation, 1);
      expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...out)).toBeLessThanOrEqual(1);
      expect(apply(augmentation, 1)).toEqual(out);
      expect(apply(augmentation, 2)).not.toEqual(out);
    }
  });

  it('without any change is the image', () => {
    const still = { height: 28, width: 28, shift: 0, rotationDegrees: 0, scale: 0, elastic: 0 };
    const plain = apply(unchanged(784), 1);
    // The last row and column sample a hair inside the border.
    apply(affineElastic(still), 1).forEach((value, i) =>
      expect(Math.abs(value - (plain[i] ?? NaN))).toBeLessThan(2e-3),
    );
  });
});
