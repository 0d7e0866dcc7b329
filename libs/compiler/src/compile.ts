import type { InputTransform } from '@ciphernet/network';
import type { Calibration } from './calibrate.js';
import type { Circuit } from './circuit.js';
import type { CompiledCircuit } from './compiled.js';
import type { Plan } from './plan.js';
import { type PlanOptions, planCircuit } from './planner.js';
import { quantise } from './quantise.js';
import type { RoundingBasis } from './rounding.js';

/**
 * Quantises a circuit at a plan's scales.
 *
 * @param basis what rounding errors are compensated by; without it each weight goes to its nearest integer
 */
export function compileCircuit(
  circuit: Circuit,
  plan: Plan,
  transform: InputTransform,
  basis?: RoundingBasis,
): CompiledCircuit {
  const scales = plan.maps.map((map) => map.weightScale);
  return Object.freeze({ circuit: quantise(circuit, scales, basis), plan, transform });
}

/** What compilation takes of a model: nothing private is in it. */
export interface Compilable {
  readonly circuit: Circuit;
  readonly calibration: Calibration;
  /** What its weights are rounded by: statistics of public examples. */
  readonly basis: RoundingBasis;
  readonly transform: InputTransform;
}

/**
 * Plans and quantises: rounding errors are compensated by the statistics of the public examples.
 *
 * @throws UnsupportedError that says which bound was hit when no plan fits
 */
export function compile(
  model: Compilable,
  options: Pick<PlanOptions, 'mode' | 'given' | 'verifiable' | 'ring' | 'precise' | 'targetError'>,
): CompiledCircuit {
  const { basis } = model;
  const roundingEnergies = basis.map(({ energy }) => energy);
  const plan = planCircuit(model.circuit, model.calibration, { ...options, roundingEnergies });
  return compileCircuit(model.circuit, plan, model.transform, basis);
}
