import { InputError, elementAt } from '@ciphernet/foundation';
import type { Circuit } from './circuit.js';

/**
 * The circuit of features x' where the given one reads values x = x' · scale + offset: both go into the first map, where they
 * cost nothing.
 *
 * @param offsets one an input
 * @param scales one an input
 * @throws InputError for another number of inputs
 */
export function foldInput(circuit: Circuit, offsets: Float64Array, scales: Float64Array): Circuit {
  const [first, ...others] = circuit.maps;
  if (first?.inputs !== offsets.length || first.inputs !== scales.length) {
    throw new InputError(`${offsets.length} features for a model that reads ${first?.inputs ?? 0}`, {
      where: circuit.name,
      hint: 'give the model the features that it was trained with, in their order',
    });
  }
  const bias = Float64Array.from(first.bias);
  const blocks = first.blocks.map(({ inputs, outputs, weights }) => {
    const folded = new Float64Array(weights.length);
    outputs.forEach((output, row) => {
      inputs.forEach((input, i) => {
        const weight = elementAt(weights, row * inputs.length + i);
        folded[row * inputs.length + i] = weight * elementAt(scales, input);
        bias[output] = elementAt(bias, output) + weight * elementAt(offsets, input);
      });
    });
    return { inputs, outputs, weights: folded };
  });
  return { name: circuit.name, maps: [{ ...first, blocks, bias }, ...others] };
}
