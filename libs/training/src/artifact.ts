import type { LayersModelArtifact } from '@ciphernet/network';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { BATCHNORM_EPSILON } from './batchnorm.js';
import { kernelSize } from './topology.js';
import type { LayerSpec, TrainableNetwork as Network } from './topology.js';
import { Square } from './square-layer.js';

/** A tfjs LayersModel with these weights, which gives logits. Dispose of it after use. */
function toLayersModel(network: Network, weights: Float32Array): tfl.Sequential {
  // Layer names are set, not counted up: the same network then always gives the same topology.
  const model = tfl.sequential({ name: 'ciphernet' });
  network.layers.forEach((layer, index) => {
    const first = index === 0 ? { inputShape: [...network.input] } : {};
    model.add(toLayer(layer, { name: `${layer.kind}_${index}`, ...first }));
  });
  model.layers.forEach((layer, index) => {
    const slots = network.slots.filter((slot) => slot.layer === index);
    if (slots.length === 0) return;
    tf.tidy(() => {
      layer.setWeights(
        slots.map((s) => tf.tensor(weights.slice(s.offset, s.offset + s.size), [...s.shape], 'float32')),
      );
    });
  });
  return model;
}

function toLayer(layer: LayerSpec, base: { name: string; inputShape?: number[] }): tfl.layers.Layer {
  // Zeros: the initial values are overwritten at once, and the default would draw unseeded numbers.
  const start = { kernelInitializer: 'zeros', useBias: true } as const;
  switch (layer.kind) {
    case 'conv2d': {
      const { filters, stride, padding } = layer;
      const kernel = [...kernelSize(layer.kernel)];
      return tfl.layers.conv2d({
        ...base,
        ...start,
        filters,
        kernelSize: kernel,
        strides: stride,
        padding,
      });
    }
    case 'dense':
      return tfl.layers.dense({ ...base, ...start, units: layer.units });
    case 'square':
      return new Square(base);
    case 'flatten':
      return tfl.layers.flatten(base);
    case 'avgpool':
      return tfl.layers.averagePooling2d({
        ...base,
        poolSize: layer.size,
        strides: layer.size,
        padding: 'valid',
      });
    case 'batchnorm':
      return tfl.layers.batchNormalization({ ...base, epsilon: BATCHNORM_EPSILON });
    case 'dropout':
      return tfl.layers.dropout({ ...base, rate: layer.rate });
  }
}

/** The standard tfjs artifact of a network with these weights: topology, weight specs, weight data. */
export async function layersModelArtifact(network: Network, weights: Float32Array): Promise<LayersModelArtifact> {
  const model = toLayersModel(network, weights);
  try {
    let saved: LayersModelArtifact | undefined;
    await model.save(
      tf.io.withSaveHandler((artifacts) => {
        const { modelTopology, weightSpecs = [], weightData = new ArrayBuffer(0) } = artifacts;
        saved = {
          modelTopology,
          weightSpecs: weightSpecs.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const })),
          weightData: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
        };
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } });
      }),
    );
    if (saved === undefined) throw new Error('tfjs saved no artifact');
    return saved;
  } finally {
    model.dispose();
  }
}
