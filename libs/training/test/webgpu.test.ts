import { openGpu } from '@ciphernet/engines';
import type { LayerTopology } from '@ciphernet/network';
import { gpuTests } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { selectBackend } from '../src/backend.js';
import { type BackendSearch, chooseBackend, gradientDistance } from '../src/choose-backend.js';
import { type ProbedStep, probeNetwork } from '../src/probe.js';
import { stream } from '../src/random.js';
import { initialWeights, trainBatch } from '../src/step.js';
import { type TopologySpec, type TrainableNetwork, describeNetwork } from '../src/topology.js';
import { Training } from '../src/training.js';
import type { TrainingGpu } from '../src/webgpu-backend.js';

const input = { height: 10, width: 9, channels: 2 };
const classes: LayerTopology = { kind: 'dense', units: 3 };
const flatten: LayerTopology = { kind: 'flatten' };

/** Every kind of layer, each behind weights that its gradient reaches. */
const KINDS: Readonly<Record<string, readonly LayerTopology[]>> = {
  'conv2d (valid), averagePool, square, flatten, dense and dropout': [
    { kind: 'conv2d', filters: 5, kernel: [3, 2], stride: [2, 1], padding: 'valid' },
    { kind: 'averagePool', size: [2, 3], stride: [1, 2], padding: 'valid' },
    { kind: 'square' },
    flatten,
    { kind: 'dense', units: 9 },
    { kind: 'dropout', rate: 0.3 },
    classes,
  ],
  'conv2d (same) and batchNorm': [
    { kind: 'conv2d', filters: 4, kernel: [4, 4], stride: [2, 2], padding: 'same' },
    { kind: 'batchNorm' },
    { kind: 'square' },
    flatten,
    classes,
  ],
};

/** The reference network of the zoo, made small. */
const SMALL: TopologySpec = {
  input,
  layers: [
    { kind: 'conv2d', filters: 4, kernel: [5, 5], stride: [2, 2], padding: 'valid' },
    { kind: 'square' },
    flatten,
    { kind: 'dense', units: 8 },
    { kind: 'square' },
    classes,
  ],
};

/** A step on a backend: outcome, and batchnorm's running statistics after it. Leaves no tensor. */
async function step(
  network: TrainableNetwork,
  select: () => Promise<unknown>,
): Promise<[Awaited<ReturnType<typeof trainBatch>>, Float32Array]> {
  await select();
  const random = stream(1, 'images', 0);
  const images = Float32Array.from({ length: 6 * 180 }, () => (random.word() & 255) / 255);
  const weights = initialWeights(network, 1);
  const tensors = tf.memory().numTensors;
  const outcome = await trainBatch(network, weights, images, Uint8Array.of(0, 1, 2, 0, 1, 2), stream(1, 'dropout', 0));
  expect(tf.memory().numTensors).toBe(tensors);
  return [outcome, weights.slice(network.trainedSize)];
}

const describeOnGpu = await gpuTests({ describe, it }, openGpu);

describeOnGpu(() => {
  let gpu: TrainingGpu;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => {
    gpu[Symbol.dispose]();
  });

  describe('the backend webgpu', () => {
    it.each(Object.entries(KINDS))('gives the loss and gradients that wasm gives: %s', async (_, layers) => {
      const network = describeNetwork({ input, layers });
      const [expected, statistics] = await step(network, () => selectBackend(['wasm']));
      const [found, statisticsFound] = await step(network, () => selectBackend(['webgpu'], gpu));
      expect(Math.abs(found.loss - expected.loss)).toBeLessThan(1e-5 * expected.loss);
      expect(found.correct).toBe(expected.correct);
      const norm = Math.hypot(...expected.gradient);
      // Slot by slot: one that is wrong may be small beside the others.
      for (const { name, layer, offset, size } of network.slots.slice(0, network.trainedSlots)) {
        const of = (gradient: Float32Array): Float32Array => gradient.subarray(offset, offset + size);
        // A bias in front of batch normalisation changes nothing: its gradient is rounding.
        if (name === 'bias' && layers[layer + 1]?.kind === 'batchNorm') {
          expect(Math.hypot(...of(found.gradient))).toBeLessThan(1e-4 * norm);
        } else expect(gradientDistance(of(found.gradient), of(expected.gradient))).toBeLessThan(1e-4);
      }
      statistics.forEach((value, i) => expect(Math.abs(value - (statisticsFound[i] ?? NaN))).toBeLessThan(1e-5));
    });

    it('trains to the loss that wasm trains to, within a thousandth, with the same recipe', async () => {
      const random = stream(5, 'images', 0);
      const count = 64;
      const images = Uint8Array.from({ length: count * 180 }, () => random.word() & 255);
      const labels = Uint8Array.from({ length: count }, (_, i) => ((images[i * 180] ?? 0) > 127 ? 1 : 0));
      const trained = async (): Promise<{ loss: number; backend: unknown; identity: Record<string, unknown> }> => {
        const training = new Training(
          describeNetwork(SMALL),
          { count, images, labels },
          { recipe: { epochs: 2, batch: 32 } },
        );
        let loss = NaN;
        for await (const report of training.run()) loss = report.loss;
        const { backend, ...identity } = training.checkpoint().identity;
        return { loss, backend, identity };
      };
      await selectBackend(['wasm']);
      const expected = await trained();
      await selectBackend(['webgpu'], gpu);
      const found = await trained();
      expect(found.backend).toBe('webgpu');
      expect(found.identity).toEqual(expected.identity);
      expect(expected.loss).toBeGreaterThan(0.1);
      expect(Math.abs(found.loss - expected.loss) / expected.loss).toBeLessThan(1e-3);
    });
  });

  describe('the choice of a backend', () => {
    const search = (change: Partial<BackendSearch>): BackendSearch => ({
      wanted: 'auto',
      openGpu,
      begunWith: undefined,
      step: taking({}),
      ...change,
    });
    /** Whatever is there, as if it were hardware. */
    const openHardware = async (): Promise<TrainingGpu> => ({ ...(await openGpu()), isSoftware: false });
    /** A step that is as long as is said on each backend. */
    const taking = (seconds: Record<string, number>) => (): Promise<ProbedStep> =>
      Promise.resolve({
        loss: 1,
        gradient: Float32Array.of(1, 2, 3, 4),
        seconds: seconds[tf.getBackend()] ?? 1,
      });

    it('never takes software for itself, and takes it where it is named', async () => {
      // Software by its name, or, on a machine with a GPU, by ours.
      const software = async (): Promise<TrainingGpu> => ({ ...(await openGpu()), isSoftware: true });
      using auto = await chooseBackend(search({ openGpu: software, step: taking({ webgpu: 1e-9 }) }));
      expect(auto.name).not.toBe('webgpu');
      expect(auto.reason).toMatch(/^took .*webgpu not taken: the only GPU is software/);
      using named = await chooseBackend(search({ wanted: 'webgpu', openGpu: software }));
      expect(named.name).toBe('webgpu');
    });

    it('takes webgpu where a step on it is measured to be faster, and else what is without a GPU', async () => {
      using fast = await chooseBackend(search({ openGpu: openHardware, step: taking({ webgpu: 1e-9 }) }));
      expect(fast).toMatchObject({
        name: 'webgpu',
        reason: expect.stringMatching(/^took webgpu \(.+\): a step in 0\.0 ms, on/),
      });
      using slow = await chooseBackend(search({ openGpu: openHardware, step: taking({ webgpu: 1e9 }) }));
      expect(slow.name).not.toBe('webgpu');
      expect(slow.reason).toMatch(/webgpu not taken: not faster: a step in/);
      expect(tf.getBackend()).not.toBe('webgpu');
    });

    it('goes on with what a run began with, as long as it is there', async () => {
      using before = await chooseBackend(
        search({ openGpu: openHardware, begunWith: 'webgpu', step: () => probeNetwork(describeNetwork(SMALL), 4) }),
      );
      expect(before.name).toBe('webgpu');
      let opened = 0;
      const open = (): Promise<TrainingGpu> => Promise.reject(new Error(`opened ${++opened} times`));
      using other = await chooseBackend(search({ openGpu: open, begunWith: 'wasm' }));
      expect(other.name).toBe('wasm');
      using named = await chooseBackend(search({ openGpu: open, begunWith: 'wasm', wanted: 'webgpu' }));
      expect(named.name).toBe('wasm');
      expect(opened).toBe(0);
      using without = await chooseBackend(search({ openGpu: open, begunWith: 'webgpu' }));
      expect(without.reason).toMatch(/webgpu not taken: opened 1 times/);
    });

    it('takes no GPU whose gradient is another', async () => {
      const step = async (): Promise<ProbedStep> => {
        const right = await taking({ webgpu: 1e-9 })();
        if (tf.getBackend() === 'webgpu') right.gradient[3] = 1;
        return right;
      };
      using chosen = await chooseBackend(search({ openGpu: openHardware, step }));
      expect(chosen.reason).toMatch(/webgpu not taken: its gradient is .* off that of/);
    });
  });

  it('a device that is lost while training says so, and tensors are gone', async () => {
    const lost = await openGpu();
    using backend = await chooseBackend({
      wanted: 'webgpu',
      openGpu: () => Promise.resolve(lost),
      begunWith: undefined,
      step: () => Promise.reject(new Error('not asked for')),
    });
    const network = describeNetwork(SMALL);
    const tensors = tf.memory().numTensors;
    lost.device.destroy();
    await lost.device.lost;
    const failed: unknown = await probeNetwork(network, 4).catch(backend.explain);
    expect(failed).toMatchObject({
      name: 'DeviceError',
      message: expect.stringMatching(/the GPU was lost: .*while training/),
    });
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
