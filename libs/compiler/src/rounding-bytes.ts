import { InputError, elementAt, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import type { Circuit } from './circuit.js';
import type { RoundingBasis } from './rounding.js';

/** The chunks of the largest circuit that is rounded, and its maps' means. */
const MOST_BYTES = 2 ** 27;
const MAGIC = 'CIPHBASE';
const PREFIX_BYTES = MAGIC.length + 4;

const headerSchema = z.strictObject({
  version: z.literal(1),
  /** Of each map: its inputs, and the columns of each chunk of each block. */
  maps: z
    .array(
      z.strictObject({
        inputs: z.number().int().min(1).max(65_536),
        energy: z.number().finite().nonnegative(),
        blocks: z.array(z.array(z.number().int().min(1).max(65_536)).max(65_536)).max(65_536),
      }),
    )
    .min(1)
    .max(8),
});

/** Means as float64, then of each chunk its columns' order as uint32 and its factor as float32; little-endian. */
export function basisToBytes(basis: RoundingBasis): Uint8Array {
  const header = JSON.stringify({
    version: 1,
    maps: basis.map(({ means, energy, blocks }) => ({
      inputs: means.length,
      energy,
      blocks: blocks.map((chunks) => chunks.map(({ order }) => order.length)),
    })),
  });
  const parts: Uint8Array[] = [];
  const push = (values: Float64Array | Float32Array | Uint32Array): void =>
    void parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  for (const { means, blocks } of basis) {
    push(means);
    for (const { order, feedback } of blocks.flat()) {
      push(order);
      push(Float32Array.from(feedback));
    }
  }
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 'latin1');
  prefix.writeUInt32LE(Buffer.byteLength(header), MAGIC.length);
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(header), ...parts]));
}

function damaged(what: string, where: string): InputError {
  return new InputError(`${what}: no statistics of a model's calibration`, { where, hint: 'import the model again' });
}

/** A reader of typed values at the front of what is left. */
function reader(bytes: Uint8Array, from: number, where: string): (size: number) => ArrayBuffer {
  let at = from;
  return (size) => {
    if (at + size > bytes.length) throw damaged('cut off', where);
    return bytes.slice(at, (at += size)).buffer;
  };
}

/**
 * Reads what {@link basisToBytes} wrote: for this circuit, with columns of each block once each and finite values.
 *
 * @param where names it in errors
 * @throws InputError for anything else
 */
export function basisFromBytes(bytes: Uint8Array, circuit: Circuit, where: string): RoundingBasis {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isOurs = new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) === MAGIC;
  if (bytes.length > MOST_BYTES || bytes.length < PREFIX_BYTES || !isOurs) throw damaged('not one', where);
  const headerBytes = view.getUint32(MAGIC.length, true);
  const text = new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  const header = parseOrThrow(headerSchema, parseJson(text, where), where);
  const take = reader(bytes, PREFIX_BYTES + headerBytes, where);
  if (header.maps.length !== circuit.maps.length) throw damaged('of another circuit', where);
  return header.maps.map(({ inputs, energy, blocks }, i) => {
    const map = elementAt(circuit.maps, i);
    if (map.inputs !== inputs || map.blocks.length !== blocks.length) throw damaged('of another circuit', where);
    const means = new Float64Array(take(8 * inputs));
    if (!means.every(Number.isFinite)) throw damaged('not finite', where);
    const read = blocks.map((sizes, b) => {
      const columns = elementAt(map.blocks, b).inputs.length;
      const seen = new Uint8Array(columns);
      const chunks = sizes.map((size) => {
        const order = new Uint32Array(take(4 * size));
        const feedback = Float64Array.from(new Float32Array(take((4 * size * (size - 1)) / 2)));
        if (!feedback.every(Number.isFinite)) throw damaged('not finite', where);
        for (const column of order) {
          if (column >= columns || seen[column] === 1) throw damaged('columns that do not fit', where);
          seen[column] = 1;
        }
        return { order, feedback };
      });
      if (seen.includes(0)) throw damaged('columns that do not fit', where);
      return chunks;
    });
    return { means, energy, blocks: read };
  });
}
