import { type InputTransform, inputTransformSchema } from '@ciphernet/datasets';
import { InputError, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import { circuitFromJson, circuitToJson } from './circuit-json.js';
import { type Plan, planFromJson, planToJson } from './plan.js';
import type { QuantisedCircuit } from './quantise.js';

/** A circuit with integer weights and the plan to evaluate it by: what a compute node gets, content-addressed. */
export interface CompiledCircuit {
  readonly circuit: QuantisedCircuit;
  readonly plan: Plan;
  /** The transform that the encrypted features must have had. */
  readonly transform: InputTransform;
}

/** UTF-8 JSON; the same compiled circuit gives the same bytes. */
export function compiledToBytes(compiled: CompiledCircuit): Uint8Array {
  const json = {
    format: 'ciphernet-compiled-circuit',
    version: 1,
    transform: compiled.transform,
    plan: planToJson(compiled.plan),
    circuit: circuitToJson(compiled.circuit),
  };
  return new TextEncoder().encode(JSON.stringify(json));
}

const schema = z.strictObject({
  format: z.literal('ciphernet-compiled-circuit'),
  version: z.literal(1),
  transform: inputTransformSchema,
  plan: z.unknown(),
  circuit: z.unknown(),
});

/**
 * Parses and cross-checks circuit and plan.
 *
 * @param where names the circuit in errors
 * @throws InputError for anything that is wrong in either, or where one is not of the other
 */
export function compiledFromJson(value: unknown, where: string): CompiledCircuit {
  const json = parseOrThrow(schema, value, where);
  const plan = planFromJson(json.plan, `${where}.plan`);
  const circuit = circuitFromJson(json.circuit, `${where}.circuit`);
  if (plan.maps.length !== circuit.maps.length) {
    throw new InputError(`the plan has ${plan.maps.length} maps, the circuit ${circuit.maps.length}`, { where });
  }
  circuit.maps.forEach((map, i) => {
    if (map.scale !== plan.maps[i]?.weightScale) {
      throw new InputError(`map ${i}: weight scales of circuit and plan differ`, { where });
    }
  });
  return Object.freeze({ circuit, plan, transform: json.transform });
}
