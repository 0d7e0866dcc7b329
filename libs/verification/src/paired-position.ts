import { elementAt } from '@ciphernet/foundation';
import { multiplyModulo } from '@ciphernet/ring';

/**
 * One position of a result as it travels: outputs 2k and 2k + 1 are the real and imaginary parts of ciphertext k, that is
 * y₀ + ι·y₁ in the first half of the positions and y₀ − ι·y₁ in the second (see `pairValues` of artifacts).
 *
 * @param column [component][output], of one position
 * @returns [component][pair]
 */
export function pairColumn(
  column: Uint32Array,
  shape: { readonly components: number; readonly outputs: number },
  prime: {
    readonly modulus: number;
    /** ι in the first half of the positions, −ι in the second. */ readonly unit: number;
  },
): Uint32Array {
  const pairs = Math.ceil(shape.outputs / 2);
  const paired = new Uint32Array(shape.components * pairs);
  for (let component = 0; component < shape.components; component++) {
    for (let k = 0; k < pairs; k++) {
      const at = component * shape.outputs + 2 * k;
      const real = elementAt(column, at);
      const imaginary = 2 * k + 1 < shape.outputs ? elementAt(column, at + 1) : 0;
      paired[component * pairs + k] = (real + multiplyModulo(imaginary, prime.unit, prime.modulus)) % prime.modulus;
    }
  }
  return paired;
}
