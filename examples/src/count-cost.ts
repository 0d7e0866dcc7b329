// What each network of the zoo costs under encryption before it is trained: upload, ciphertexts and products an image.
//   node examples/dist/count-cost.js
import { profileNamed } from '@ciphernet/ckks';
import { uploadBytesPerValue } from '@ciphernet/compiler';
import type { Shape } from '@ciphernet/network';
import { MODEL_NAMES, costOfModel, modelSpec } from '@ciphernet/training';
import { runAsProgram } from './run-as-program.js';

export interface Cost {
  readonly network: string;
  readonly squares: number;
  /** Input values: a ciphertext each, shared by all images of a shard. */
  readonly ciphertexts: number;
  /** Products of a value and a weight for one image. */
  readonly products: number;
  /** For one image of a full shard. */
  readonly uploadBytes: number;
}

/** @param image of one example; 28 × 28 grey is MNIST, 32 × 32 × 3 is CIFAR-10 */
export function main(image: Shape = { height: 28, width: 28, channels: 1 }, classes = 10): Cost[] {
  return MODEL_NAMES.map((network) => {
    const { features, squares, multiplyAdds } = costOfModel(modelSpec(network), image, classes);
    const { parameters } = profileNamed(squares === 1 ? 'one-square' : 'two-squares');
    return {
      network,
      squares,
      ciphertexts: features,
      products: multiplyAdds,
      uploadBytes: features * uploadBytesPerValue(parameters),
    };
  });
}

await runAsProgram(import.meta.url, () => console.table(main()));
