import { type Network, evaluateNetwork, sizeOf } from '@ciphernet/network';
import { describe, expect, it } from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { type LayersModelArtifact, artifactFromFiles, modelJsonOf } from '../src/models/tfjs/artifact.js';
import { networkFromLayersModel } from '../src/models/tfjs/read-network.js';
import { networkToLayersModel } from '../src/models/tfjs/write-network.js';
import { networks } from './random-network.js';

/** What a reader of these artifacts has to register: the layers that the standard does not have. */
class Square extends layers.layers.Layer {
  static className = 'Square';
  override computeOutputShape(shape: layers.Shape | layers.Shape[]): layers.Shape | layers.Shape[] {
    return shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.square(Array.isArray(inputs) ? inputs[0]! : inputs);
  }
}

class Polynomial extends Square {
  static override className = 'Polynomial';
  private readonly factors: readonly number[];
  constructor(config: ConstructorParameters<typeof Square>[0] & { a: number; b: number; c: number }) {
    super(config);
    this.factors = [config.a, config.b, config.c];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const [a = 0, b = 0, c = 0] = this.factors;
    return tf.addN([tf.mul(tf.square(x), a), tf.mul(x, b), tf.fill(x.shape, c)]);
  }
}

tf.serialization.registerClass(Square);
tf.serialization.registerClass(Polynomial);

/** The artifact after a stay on disk. */
function throughFiles(network: Network): LayersModelArtifact {
  const artifact = networkToLayersModel(network);
  return artifactFromFiles(modelJsonOf(artifact), artifact.weightData, 'test');
}

/** What tfjs makes of an artifact: its own reader, its own layers. */
async function predictWithTfjs(
  artifact: LayersModelArtifact,
  network: Network,
  x: Float32Array,
): Promise<Float32Array> {
  const { height, width, channels } = network.input;
  const model = await layers.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: artifact.modelTopology as object,
      weightSpecs: artifact.weightSpecs.map((spec) => ({ ...spec, shape: [...spec.shape] })),
      weightData: Uint8Array.from(artifact.weightData).buffer,
    }),
  );
  const count = x.length / sizeOf(network.input);
  const output = tf.tidy(() => model.predict(tf.tensor4d(x, [count, height, width, channels])) as tf.Tensor);
  const values = (await output.data()) as Float32Array;
  output.dispose();
  model.dispose();
  return values;
}

describe('a network as a TensorFlow.js artifact', () => {
  it('is read back as the same network', () => {
    fc.assert(
      fc.property(networks, (network) => {
        expect(networkFromLayersModel(throughFiles(network))).toEqual(network);
      }),
    );
  });

  it('has the same bytes whenever it is written', () => {
    fc.assert(
      fc.property(networks, (network) => {
        const again = networkFromLayersModel(throughFiles(network));
        expect(modelJsonOf(networkToLayersModel(again))).toEqual(modelJsonOf(networkToLayersModel(network)));
        expect(networkToLayersModel(again).weightData).toEqual(networkToLayersModel(network).weightData);
      }),
      { numRuns: 30 },
    );
  });

  it('predicts with TensorFlow.js itself what the network does', async () => {
    await tf.setBackend('cpu');
    // In Node it would advertise its native package.
    tf.env().set('IS_NODE', false);
    await fc.assert(
      fc.asyncProperty(networks, async (network) => {
        const x = Float32Array.from({ length: 3 * sizeOf(network.input) }, (_, i) => Math.abs(Math.sin(i * 2.1)));
        const expected = evaluateNetwork(network, x);
        const found = await predictWithTfjs(throughFiles(network), network, x);
        expect(found.length).toBe(expected.length);
        const errors = Array.from(found, (value, i) => {
          const right = expected[i] ?? NaN;
          return Math.abs(value - right) / Math.max(1, Math.abs(right));
        });
        expect(Math.max(0, ...errors)).toBeLessThan(1e-4);
      }),
      { numRuns: 60 },
    );
  });
});
