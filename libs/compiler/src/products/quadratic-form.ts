import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import { type Circuit, type LinearMap, squaresOf } from '../circuit.js';

/** Rows of a map with its biases as a last column: outputs × (inputs + 1). */
function withBias(map: LinearMap): Float64Array {
  const width = map.inputs + 1;
  const rows = new Float64Array(map.outputs * width);
  for (const { outputs, inputs, weights } of map.blocks) {
    outputs.forEach((output, r) =>
      inputs.forEach((input, i) => (rows[output * width + input] = elementAt(weights, r * inputs.length + i))),
    );
  }
  map.bias.forEach((bias, output) => (rows[output * width + map.inputs] = bias));
  return rows;
}

/** A network with one square as quadratic forms of its features x and a 1: output k is Σ q_ij x_i x_j + constant. */
export interface QuadraticForms {
  /** Features and the 1. */
  readonly width: number;
  /** One an output, symmetric, width × width. */
  readonly forms: readonly Float64Array[];
  readonly constants: Float64Array;
}

/**
 * Σ_h v_kh (w_h · x + b_h)² + c_k, multiplied out.
 *
 * @throws UnsupportedError for a circuit with another number of squares than one
 */
export function quadraticForms(circuit: Circuit): QuadraticForms {
  const [first, second] = circuit.maps;
  if (squaresOf(circuit) !== 1 || first === undefined || second === undefined) {
    throw new UnsupportedError(
      `the packing for few examples takes networks with one square, this has ${squaresOf(circuit)}`,
      {
        where: `circuit ${circuit.name}`,
        hint: 'compile it for whole batches (--packing slots)',
      },
    );
  }
  const width = first.inputs + 1;
  const hidden = withBias(first);
  const outer = withBias(second);
  const forms = Array.from({ length: second.outputs }, (_, k) => {
    const form = new Float64Array(width * width);
    for (let h = 0; h < first.outputs; h++) {
      const v = elementAt(outer, k * (first.outputs + 1) + h);
      if (v === 0) continue;
      const row = hidden.subarray(h * width, (h + 1) * width);
      for (let i = 0; i < width; i++) {
        const factor = v * row[i]!;
        if (factor === 0) continue;
        for (let j = 0, at = i * width; j < width; j++, at++) form[at] = form[at]! + factor * row[j]!;
      }
    }
    return form;
  });
  return { width, forms, constants: Float64Array.from(second.bias) };
}
