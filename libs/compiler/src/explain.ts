import { componentsAfter, describeParameters, securityOfParameters, slotsOf, valuesPerSlot } from '@ciphernet/ckks';
import { elementAt, lastOf } from '@ciphernet/foundation';
import { multiplicationsOf } from './circuit.js';
import { type Plan, gapBits } from './plan.js';
import type { QuantisedCircuit } from './quantise.js';

/** Cost of one image in a full shard. */
export interface PlanCost {
  /** Ciphertext–plaintext multiplications of one shard (a ciphertext times an integer). */
  readonly scalarProducts: number;
  /** int16 multiply-adds: multiplications × components × primes × 2 digits × N, over the slots. */
  readonly multiplyAddsPerImage: number;
  readonly uploadBytesPerImage: number;
  readonly downloadBytesPerImage: number;
}

/** Bytes of a residue in a shard. */
const WORD = 4;
/** A residue below 2^30 is two signed digits of 15 bits. */
const DIGITS = 2;

/**
 * Bytes of one input value in a full shard: two components, each a residue a prime and coefficient, over the slots. With the secret key
 * the second component is a seed of the shard.
 */
export function uploadBytesPerValue(parameters: Plan['parameters'], mode: Plan['mode'] = 'public'): number {
  const perSlot = parameters.ringDegree / slotsOf(parameters);
  const stored = mode === 'symmetric' ? 1 : componentsAfter(0);
  return stored * parameters.primes.length * perSlot * WORD;
}

/**
 * What evaluating one image costs when its shard is full.
 *
 * @param circuit the circuit that the plan is of
 */
export function costOf(plan: Plan, circuit: QuantisedCircuit): PlanCost {
  const { ringDegree, primes } = plan.parameters;
  const slots = slotsOf(plan.parameters);
  const perSlot = ringDegree / slots;
  let left = primes.length;
  let products = 0;
  let multiplyAdds = 0;
  circuit.maps.forEach((map, i) => {
    const own = multiplicationsOf(map);
    products += own;
    multiplyAdds += own * componentsAfter(i) * left * DIGITS * perSlot;
    left -= elementAt(plan.maps, i).rescales;
  });
  const inputs = elementAt(circuit.maps, 0).inputs;
  const outputs = lastOf(circuit.maps).outputs;
  return {
    scalarProducts: products,
    multiplyAddsPerImage: multiplyAdds,
    uploadBytesPerImage: inputs * uploadBytesPerValue(plan.parameters, plan.mode),
    // Results travel two logits a ciphertext where slots are complex, each residue at its prime's size.
    downloadBytesPerImage:
      (Math.ceil(outputs / valuesPerSlot(plan.parameters.ring)) *
        componentsAfter(circuit.maps.length - 1) *
        perSlot *
        plan.resultPrimes *
        Math.ceil(Math.log2(elementAt(primes, 0)))) /
      8,
  };
}

function ringLine({ parameters }: Plan): string {
  const slots = slotsOf(parameters);
  return parameters.ring === 'standard'
    ? `standard: ${slots} complex slots`
    : `conjugate-invariant: ${slots} real slots, half the bytes and work of an image`;
}

/**
 * The planner's reasoning, a line a fact.
 *
 * @param circuit the circuit that the plan is of
 */
export function explainPlan(plan: Plan, circuit: QuantisedCircuit): string {
  const security = securityOfParameters(plan.parameters);
  const cost = costOf(plan, circuit);
  const bits = (value: number): string => Math.log2(value).toFixed(1);
  const lines = [
    `parameters   ${describeParameters(plan.parameters)}; ${slotsOf(plan.parameters)} images a shard`,
    `security     ${security.bits} bits: log2(QP) = ${security.logQP} of ${security.maxLogQP} allowed (${security.source})`,
    `encryption   ${plan.mode} key, input scale 2^${bits(plan.inputScale)}`,
  ];
  plan.maps.forEach((map, i) => {
    const shape = elementAt(circuit.maps, i);
    lines.push(
      `map ${i}        ${shape.inputs} → ${shape.outputs}, ${map.weightBits}-bit weights at 2^${bits(map.weightScale)}, ` +
        `${componentsAfter(i)} components, scale 2^${bits(map.scaleBefore)}` +
        (map.rescales > 0
          ? `, rescaled by ${map.rescales} prime${map.rescales > 1 ? 's' : ''} to 2^${bits(map.scaleAfter)}`
          : '') +
        (map.headroomBits === undefined ? '' : `, headroom ${map.headroomBits.toFixed(1)} bits`),
    );
  });
  const gap =
    plan.slotBound === undefined
      ? ''
      : `; every slot below ${plan.slotBound.toFixed(0)}, ${gapBits(plan).toFixed(1)} bits from the modulus`;
  lines.push(
    `result       ${plan.resultPrimes} prime${plan.resultPrimes > 1 ? 's' : ''}, scale 2^${bits(plan.resultScale)}, no evaluation keys`,
    `error        deviation ${plan.predictedError.deviation.toPrecision(2)}, bound ${plan.predictedError.bound.toPrecision(2)} of a logit; of rounding the weights ${plan.roundingDeviation.toPrecision(2)}`,
    `cost         ${(cost.multiplyAddsPerImage / 1e6).toFixed(2)} M int16 multiply-adds, ` +
      `${(cost.uploadBytesPerImage / 1e3).toFixed(1)} kB up, ${cost.downloadBytesPerImage.toFixed(0)} B down an image`,
    `ring         ${ringLine(plan)}`,
    `verifiable   ${plan.slotBound === undefined ? 'no: a rescale, or too little room above the values; a wrong result is found by twins only' : `yes, position by position${gap}`}`,
  );
  return lines.join('\n');
}
