import { componentsAfter, freshNoise, rescaleNoise } from '@ciphernet/ckks';
import { elementAt, lastOf } from '@ciphernet/foundation';
import type { Circuit } from './circuit.js';
import { applyMap } from './evaluate-circuit.js';
import type { Plan } from './plan.js';

/** Independent standard normal numbers. */
export type NormalSource = () => number;

/**
 * What encrypted evaluation would decrypt to, without keys and ciphertexts: the quantised circuit with noise of the
 * planner's predicted level in every input, and behind every rescale.
 *
 * @param circuit the quantised circuit as real numbers
 * @param features count × inputs
 * @returns logits, count × outputs
 */
export function simulateCircuit(
  circuit: Circuit,
  plan: Plan,
  features: Float32Array,
  normal: NormalSource,
): Float64Array {
  const inputs = elementAt(circuit.maps, 0).inputs;
  const outputs = lastOf(circuit.maps).outputs;
  const count = features.length / inputs;
  const fresh = Math.sqrt(freshNoise(plan.parameters, plan.mode).mean) / plan.inputScale;
  const behind = plan.maps.map((map, i) =>
    map.rescales === 0 ? 0 : Math.sqrt(rescaleNoise(plan.parameters, componentsAfter(i)).mean) / map.scaleAfter,
  );
  const logits = new Float64Array(count * outputs);
  for (let n = 0; n < count; n++) {
    let values: Float64Array = Float64Array.from(
      features.subarray(n * inputs, (n + 1) * inputs),
      (value) => value + fresh * normal(),
    );
    circuit.maps.forEach((map, i) => {
      if (i > 0) values = values.map((value) => value * value);
      const y = new Float64Array(map.outputs);
      applyMap(map, values, y);
      const deviation = elementAt(behind, i);
      values = deviation === 0 ? y : y.map((value) => value + deviation * normal());
    });
    logits.set(values, n * outputs);
  }
  return logits;
}
