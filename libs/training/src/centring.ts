import { type TrainableNetwork, slotOf } from './topology.js';
import type { WeightBasis } from './whitening.js';

/** Examples that the statistics are taken from. */
const SAMPLE = 1000;

/**
 * The basis of a network that starts with a dense layer: the optimiser sees it on inputs z = s (x - m), with the mean m of
 * each input and one factor s, which makes their mean variance 1. With kernel K and bias b in that basis, the plain ones are
 * s K and b - (s K)ᵀ m. Undefined for other networks.
 *
 * Whitening such inputs, as {@link whiteningBasis} does patches, would be a product by a matrix of inputs × inputs each step.
 */
export function centringBasis(
  network: TrainableNetwork,
  count: number,
  write: (sample: number, inputs: Float32Array) => void,
): WeightBasis | undefined {
  const layer = network.layers.findIndex(({ kind }) => kind !== 'flatten');
  if (network.layers[layer]?.kind !== 'dense') return undefined;
  const kernel = slotOf(network, layer, 'kernel');
  const bias = slotOf(network, layer, 'bias');
  const units = bias.size;
  const { mean, scale } = inputStatistics(kernel.size / units, Math.min(SAMPLE, count), write);
  return {
    name: 'centred',
    toPlain(weights) {
      const plain = weights.slice();
      for (let i = 0, at = kernel.offset; i < mean.length; i++) {
        for (let unit = 0; unit < units; unit++, at++) {
          plain[at]! *= scale;
          plain[bias.offset + unit]! -= mean[i]! * plain[at]!;
        }
      }
      return plain;
    },
    pullBack(gradient) {
      for (let i = 0, at = kernel.offset; i < mean.length; i++) {
        for (let unit = 0; unit < units; unit++, at++) {
          gradient[at] = scale * (gradient[at]! - mean[i]! * gradient[bias.offset + unit]!);
        }
      }
    },
  };
}

function inputStatistics(
  size: number,
  samples: number,
  write: (sample: number, inputs: Float32Array) => void,
): { mean: Float64Array; scale: number } {
  const inputs = new Float32Array(size);
  const mean = new Float64Array(size);
  let squares = 0;
  for (let sample = 0; sample < samples; sample++) {
    write(sample, inputs);
    for (let i = 0; i < size; i++) {
      mean[i]! += inputs[i]! / samples;
      squares += inputs[i]! ** 2 / samples;
    }
  }
  const variance = (squares - mean.reduce((sum, value) => sum + value ** 2, 0)) / size;
  // Constant examples have no variance but rounding: then inputs are centred only.
  return { mean, scale: variance > 1e-9 ? 1 / Math.sqrt(variance) : 1 };
}
