import { InputError, elementAt, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import type { IntegerMap, QuantisedCircuit } from './quantise.js';

/** Bounds that keep a hostile circuit from asking for absurd work: a map of 2^24 weights is 32 MB. */
const MAX_UNITS = 65_536;
const MAX_WEIGHTS = 2 ** 24;
const MAX_ABS_WEIGHT = 511;

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const blockSchema = z.strictObject({ outputs: base64, inputs: base64, weights: base64 });
const mapSchema = z.strictObject({
  inputs: z.number().int().min(1).max(MAX_UNITS),
  outputs: z.number().int().min(1).max(MAX_UNITS),
  scale: z.number().positive().finite(),
  bias: base64,
  blocks: z.array(blockSchema).max(MAX_UNITS),
});
const circuitSchema = z.strictObject({
  format: z.literal('ciphernet-circuit'),
  version: z.literal(1),
  name: z.string().min(1).max(200),
  maps: z.array(mapSchema).min(1).max(8),
});

function encode(values: Uint16Array | Int16Array | Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** Bytes of a base64 field as an aligned copy. */
function decode(text: string, bytesPerValue: number, where: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % bytesPerValue !== 0) throw new InputError(`${bytes.length} bytes are no whole values`, { where });
  return new Uint8Array(bytes).buffer;
}

/** JSON of a circuit: numbers as base64 of little-endian uint16 indices, int16 weights, float64 biases. */
export function circuitToJson(circuit: QuantisedCircuit): unknown {
  return {
    format: 'ciphernet-circuit',
    version: 1,
    name: circuit.name,
    maps: circuit.maps.map((map) => ({
      inputs: map.inputs,
      outputs: map.outputs,
      scale: map.scale,
      bias: encode(map.bias),
      blocks: map.blocks.map((block) => ({
        outputs: encode(Uint16Array.from(block.outputs)),
        inputs: encode(Uint16Array.from(block.inputs)),
        weights: encode(block.weights),
      })),
    })),
  };
}

function indices(text: string, bound: number, where: string): number[] {
  const values = [...new Uint16Array(decode(text, 2, where))];
  values.forEach((value, i) => {
    if (value >= bound) throw new InputError(`index ${value} is beyond ${bound - 1}`, { where });
    if (i > 0 && value <= elementAt(values, i - 1)) throw new InputError('indices are not ascending', { where });
  });
  return values;
}

function mapFromJson(json: z.infer<typeof mapSchema>, where: string): IntegerMap {
  const bias = new Float64Array(decode(json.bias, 8, `${where}.bias`));
  if (bias.length !== json.outputs || !bias.every(Number.isFinite)) {
    throw new InputError(`${bias.length} biases for ${json.outputs} outputs, or not finite`, { where });
  }
  const seen = new Uint8Array(json.outputs);
  let total = 0;
  const blocks = json.blocks.map((block, i) => {
    const at = `${where}.blocks.${i}`;
    const outputs = indices(block.outputs, json.outputs, at);
    const inputs = indices(block.inputs, json.inputs, at);
    const weights = new Int16Array(decode(block.weights, 2, at));
    total += weights.length;
    if (weights.length !== outputs.length * inputs.length || total > MAX_WEIGHTS) {
      throw new InputError(`${weights.length} weights for ${outputs.length}×${inputs.length}`, { where: at });
    }
    if (weights.some((weight) => Math.abs(weight) > MAX_ABS_WEIGHT)) {
      throw new InputError(`a weight is beyond ±${MAX_ABS_WEIGHT}`, { where: at });
    }
    for (const output of outputs) {
      if (seen[output] === 1) throw new InputError(`output ${output} is in two blocks`, { where: at });
      seen[output] = 1;
    }
    return { outputs, inputs, weights };
  });
  return { inputs: json.inputs, outputs: json.outputs, scale: json.scale, bias, blocks };
}

/**
 * Parses and checks a circuit: sizes chain, indices are in range and ascending, no output is in two blocks, weights are
 * bounded, biases finite.
 *
 * @param where names the circuit in errors
 * @throws InputError naming the map or block that is wrong
 */
export function circuitFromJson(value: unknown, where: string): QuantisedCircuit {
  const json = parseOrThrow(circuitSchema, value, where);
  const maps = json.maps.map((map, i) => mapFromJson(map, `${where}.maps.${i}`));
  maps.forEach((map, i) => {
    const before = maps[i - 1];
    if (before !== undefined && before.outputs !== map.inputs) {
      throw new InputError(`map ${i} reads ${map.inputs} values, map ${i - 1} makes ${before.outputs}`, { where });
    }
  });
  return { name: json.name, maps };
}
