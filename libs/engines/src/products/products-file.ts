import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type CkksParameters, parametersFromJson, parametersToJson } from '@ciphernet/ckks';
import { type ProductLayout, productLayout } from '@ciphernet/compiler';
import { InputError, IntegrityError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * A circuit of the packing for few examples, compiled: plaintext polynomials in the form that the kernel multiplies by.
 *
 *     "CIPHPRD1"   8 bytes
 *     length       uint32, little-endian: bytes of the JSON header
 *     header       JSON, padded with spaces so that the body starts at a multiple of 64
 *     body         i32, little-endian: [prime][block of 8 pairs][group of 4 coefficients][output][pair][4 coefficients], in NTT form,
 *                  times 2^64 modulo the prime, centred
 */
const MAGIC = 'CIPHPRD1';
const PREFIX = MAGIC.length + 4;
const ALIGNMENT = 64;
const MOST_HEADER_BYTES = 2 ** 14;

/** Pairs that the kernel takes together: `PAIRS` of assembly/products.ts. */
export const BLOCK_PAIRS = 8;

/** A body of more would take longer to read than a batch to evaluate. */
export const MOST_BODY_BYTES = 2 ** 28;

const headerSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(200),
  parameters: z.unknown(),
  mode: z.enum(['public', 'symmetric']),
  features: z.number().int().min(1).max(4095),
  outputs: z.number().int().min(1).max(256),
  inputScale: z.number().positive().finite(),
  weightScale: z.number().positive().finite(),
  /** Added to each output. */
  constants: z.array(z.number().finite()).min(1).max(256),
});

/** What the file says of itself. */
export interface ProductsHeader extends Omit<z.infer<typeof headerSchema>, 'version' | 'parameters'> {
  readonly parameters: CkksParameters;
}

/** Words of a group of four coefficients in a block of pairs. */
export function groupWords({ outputs }: Pick<ProductsHeader, 'outputs'>): number {
  return 4 * outputs * BLOCK_PAIRS;
}

/** Words of one block of pairs of one prime. */
export function blockWords(header: Pick<ProductsHeader, 'parameters' | 'outputs'>): number {
  return (header.parameters.ringDegree / 4) * groupWords(header);
}

/** Blocks of pairs; the last one may have pairs that are none, with weights of 0. */
export function blocksOf({ pairs }: ProductLayout): number {
  return Math.ceil(pairs.length / BLOCK_PAIRS);
}

/** Bytes of all weights. */
export function bodyBytes(header: Pick<ProductsHeader, 'parameters' | 'outputs' | 'features'>): number {
  const layout = productLayout(header.features, header.parameters.ringDegree);
  return 4 * header.parameters.primes.length * blocksOf(layout) * blockWords(header);
}

/** Header bytes, to be followed by the body. */
export function encodeProductsHeader(header: ProductsHeader): Uint8Array {
  const json = JSON.stringify({ version: 1, ...header, parameters: parametersToJson(header.parameters) });
  const text = Buffer.from(json);
  const length = Math.ceil((PREFIX + text.length) / ALIGNMENT) * ALIGNMENT - PREFIX;
  const bytes = Buffer.alloc(PREFIX + length, 0x20);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(length, MAGIC.length);
  text.copy(bytes, PREFIX);
  return bytes;
}

/** An open file of compiled products. */
export interface ProductsFile extends Disposable {
  readonly header: ProductsHeader;
  readonly layout: ProductLayout;
  /**
   * Reads weights of a block, as many as fill `target`.
   *
   * @param group the first group of four coefficients; {@link groupWords} words each
   */
  readWeights(primeIndex: number, block: number, group: number, target: Int32Array): void;
}

function readExactly(file: number, target: Uint8Array, position: number, where: string): void {
  let done = 0;
  while (done < target.length) {
    const read = readSync(file, target, done, target.length - done, position + done);
    if (read === 0) throw new IntegrityError('the file ends too early', { where, hint: 'compile the model again' });
    done += read;
  }
}

function parseProductsHeader(file: number, where: string): { header: ProductsHeader; bodyOffset: number } {
  const hint = 'make it again with: ciphernet model compile --packing products';
  const fail = (what: string): never => {
    throw new InputError(what, { where, hint });
  };
  const size = fstatSync(file).size;
  const start = Buffer.alloc(Math.min(size, PREFIX + MOST_HEADER_BYTES));
  readExactly(file, start, 0, where);
  if (start.length < PREFIX || start.toString('latin1', 0, MAGIC.length) !== MAGIC) fail('no compiled products');
  const length = start.readUInt32LE(MAGIC.length);
  const bodyOffset = PREFIX + length;
  if (bodyOffset > start.length || bodyOffset % ALIGNMENT !== 0) fail('the length of the header is wrong');
  const json = parseOrThrow(headerSchema, parseJson(start.toString('utf8', PREFIX, bodyOffset), where), where, hint);
  const { version: _version, ...fields } = json;
  const header = { ...fields, parameters: parametersFromJson(json.parameters, where) };
  const { parameters, constants, outputs } = header;
  if (
    parameters.ring !== 'standard' ||
    !Number.isInteger(Math.sqrt(parameters.ringDegree)) ||
    constants.length !== outputs
  )
    fail('ring, outputs and constants do not fit together');
  const expected = bodyBytes(header);
  if (expected > MOST_BODY_BYTES || size !== bodyOffset + expected)
    fail(`${size} bytes, ${bodyOffset + expected} are expected`);
  return { header, bodyOffset };
}

/** Opens a file of compiled products; header and length are checked. @throws InputError for anything else */
export function openProductsFile(path: string): ProductsFile {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new InputError('cannot read the file', { where: path, hint: 'make it with: ciphernet model compile', cause });
  }
  try {
    const { header, bodyOffset } = parseProductsHeader(file, path);
    const layout = productLayout(header.features, header.parameters.ringDegree);
    const [bytesOfBlock, bytesOfGroup] = [4 * blockWords(header), 4 * groupWords(header)];
    return {
      header,
      layout,
      readWeights(primeIndex, block, group, target) {
        const position = bodyOffset + (primeIndex * blocksOf(layout) + block) * bytesOfBlock + group * bytesOfGroup;
        readExactly(file, new Uint8Array(target.buffer, target.byteOffset, target.byteLength), position, path);
      },
      [Symbol.dispose]: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
