import { type InputTransform, inputTransformSchema } from '@ciphernet/network';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/foundation';
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

/**
 * UTF-8 JSON; the same compiled circuit gives the same bytes.
 *
 * @param seal hides the circuit, weights and all; plan and transform stay readable
 */
export function compiledToBytes(compiled: CompiledCircuit, seal?: (circuit: Uint8Array) => Uint8Array): Uint8Array {
  const circuit = circuitToJson(compiled.circuit);
  const sealed = seal?.(new TextEncoder().encode(JSON.stringify(circuit)));
  const json = {
    format: 'ciphernet-compiled-circuit',
    version: 1,
    transform: compiled.transform,
    plan: planToJson(compiled.plan),
    circuit: sealed === undefined ? circuit : { sealed: Buffer.from(sealed).toString('base64') },
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
 * @param open opens a circuit that is sealed
 * @throws InputError for anything that is wrong in either, or where one is not of the other
 */
export function compiledFromJson(
  value: unknown,
  where: string,
  open?: (sealed: Uint8Array) => Uint8Array,
): CompiledCircuit {
  const json = parseOrThrow(schema, value, where);
  const plan = planFromJson(json.plan, `${where}.plan`);
  const circuit = circuitFromJson(opened(json.circuit, where, open), `${where}.circuit`);
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

const sealedSchema = z.strictObject({ sealed: z.base64() });

/** The circuit's JSON, opened where it is sealed. */
function opened(circuit: unknown, where: string, open: ((sealed: Uint8Array) => Uint8Array) | undefined): unknown {
  const parsed = sealedSchema.safeParse(circuit);
  if (!parsed.success) return circuit;
  if (open === undefined) throw new InputError('the circuit is sealed', { where });
  const bytes = open(new Uint8Array(Buffer.from(parsed.data.sealed, 'base64')));
  return parseJson(new TextDecoder().decode(bytes), where);
}

/** The plan alone, which everybody may read. @throws InputError for what is no compiled circuit */
export function planOfCompiled(value: unknown, where: string): Plan {
  return planFromJson(parseOrThrow(schema, value, where).plan, `${where}.plan`);
}
