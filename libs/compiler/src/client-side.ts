import { type CkksParameters, componentsAfter, parametersFromJson, parametersToJson } from '@ciphernet/ckks';
import { InputError, digestSchema, parseOrThrow } from '@ciphernet/foundation';
import { type InputTransform, inputTransformSchema } from '@ciphernet/network';
import { z } from 'zod';
import type { Plan } from './plan.js';

/**
 * How examples lie in ciphertexts. `slots`: ciphertext i holds feature i of as many examples as there are slots. `products`: an example
 * has a few ciphertexts of its own, whose products hold those of all pairs of features.
 */
export type Packing = 'slots' | 'products';

const scale = z.number().positive().finite();
const dimension = z.number().int().min(1).max(65_536);
const schema = z.strictObject({
  format: z.literal('ciphernet-client-side'),
  version: z.literal(1),
  name: z.string().min(1).max(200),
  circuit: digestSchema,
  packing: z.enum(['slots', 'products']),
  parameters: z.unknown(),
  mode: z.enum(['public', 'symmetric']),
  inputScale: scale,
  result: z
    .strictObject({
      scale,
      primes: z.number().int().min(1).max(8),
      components: z.number().int().min(2).max(9),
      slotBound: scale.optional(),
    })
    .readonly(),
  height: dimension,
  width: dimension,
  channels: dimension,
  transform: inputTransformSchema,
  /** Of own data: what `transform` names the digest of. */
  preprocessing: z.unknown().optional(),
  features: z.number().int().min(1).max(65_536),
  outputs: z.number().int().min(1).max(256),
  link: z.enum(['softmax', 'sigmoid', 'identity', 'score']),
  task: z.enum(['classification', 'regression']).optional(),
  classes: z.array(z.string().max(200)).min(2).max(256).readonly().optional(),
});

/**
 * What a client has to know of a compiled model before it makes keys: how to prepare, encrypt and decrypt. No weight is in it, nor what
 * depends on one but scales and the bound of the outputs.
 */
export interface ClientSide extends Omit<z.infer<typeof schema>, 'format' | 'version' | 'parameters' | 'transform'> {
  readonly parameters: CkksParameters;
  readonly transform: InputTransform;
}

/** What the client needs of a plan. */
export function clientPart({
  parameters,
  mode,
  inputScale,
  resultScale,
  resultPrimes,
  slotBound,
  maps,
}: Plan): Pick<ClientSide, 'parameters' | 'mode' | 'inputScale' | 'result'> {
  const bound = slotBound === undefined ? {} : { slotBound };
  const components = componentsAfter(maps.length - 1);
  return { parameters, mode, inputScale, result: { scale: resultScale, primes: resultPrimes, components, ...bound } };
}

/** UTF-8 JSON. */
export function clientSideToBytes(client: ClientSide): Uint8Array {
  const json = {
    format: 'ciphernet-client-side',
    version: 1,
    ...client,
    parameters: parametersToJson(client.parameters),
  };
  return new TextEncoder().encode(`${JSON.stringify(json)}\n`);
}

/** @throws InputError for what is no client side of a compiled model, or does not fit together */
export function clientSideFromJson(value: unknown, where: string): ClientSide {
  const hint = 'give what was made with: ciphernet model compile';
  const { format: _format, version: _version, ...json } = parseOrThrow(schema, value, where, hint);
  const parameters = parametersFromJson(json.parameters, `${where}.parameters`);
  if (json.result.primes > parameters.primes.length)
    throw new InputError('more primes in results than there are', { where, hint });
  if (json.packing === 'products' && parameters.ring !== 'standard')
    throw new InputError('products need the standard ring', { where, hint });
  return Object.freeze({ ...json, parameters });
}
