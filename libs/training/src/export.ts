import { elementAt } from '@ciphernet/foundation';
import type { Layer, Network } from '@ciphernet/network';
import { BATCHNORM_EPSILON } from './batchnorm.js';
import { type Slot, type TrainableNetwork, slotOf } from './topology.js';

/** Every trained network's name; circuits and plans carry it. */
const NAME = 'ciphernet';

/**
 * A trained network with these weights, as it is evaluated: dropout is gone, batch normalisation folded into a factor and
 * an offset a channel.
 *
 * @param weights all weights, by the network's slots
 */
export function toNetwork(network: TrainableNetwork, weights: Float32Array): Network {
  const layers = network.layers.flatMap((topology, index): Layer[] => {
    const values = (name: Slot['name']): Float32Array => {
      const { offset, size } = slotOf(network, index, name);
      return weights.slice(offset, offset + size);
    };
    const name = `${topology.kind}_${index}`;
    switch (topology.kind) {
      case 'dropout':
        return [];
      case 'conv2d':
      case 'dense':
        return [{ ...topology, name, weights: values('kernel'), bias: values('bias') }];
      case 'batchNorm': {
        const mean = values('mean');
        const variance = values('variance');
        const factor = values('gamma').map((gamma, i) => gamma / Math.sqrt(elementAt(variance, i) + BATCHNORM_EPSILON));
        const offset = values('beta').map((beta, i) => beta - elementAt(mean, i) * elementAt(factor, i));
        return [{ ...topology, name, factor, offset }];
      }
      default:
        return [{ ...topology, name }];
    }
  });
  return { name: NAME, input: network.input, layers };
}
