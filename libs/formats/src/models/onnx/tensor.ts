import { InputError, UnsupportedError, elementAt } from '@ciphernet/foundation';
import { float16 } from '../float16.js';
import { externalBytes } from './external.js';
import type { ElementType, OnnxTensor } from './graph.js';
import type { TensorMessage } from './messages.js';
import { floatsIn, readPackedVarints } from './wire.js';

/** Elements that a tensor may have: 256 MB of float32, far above what can be evaluated encrypted. */
const MOST_ELEMENTS = 2 ** 26;
const MOST_DIMENSIONS = 16;

interface Encoding {
  readonly type: ElementType;
  /** Bytes of an element in `raw_data`. */
  readonly size: number;
  /** Number of the typed field that holds it otherwise. */
  readonly field: number;
  readonly read: (view: DataView, at: number) => number;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a binary32. */
function bfloat16(bits: number): number {
  scratch.setUint32(0, bits * 65_536);
  return scratch.getFloat32(0);
}

/** TensorProto.DataType by its number. */
const ENCODINGS: ReadonlyMap<number, Encoding> = new Map([
  [1, { type: 'float32', size: 4, field: 4, read: (view, at) => view.getFloat32(at, true) }],
  [2, { type: 'uint8', size: 1, field: 5, read: (view, at) => view.getUint8(at) }],
  [3, { type: 'int8', size: 1, field: 5, read: (view, at) => view.getInt8(at) }],
  [4, { type: 'uint16', size: 2, field: 5, read: (view, at) => view.getUint16(at, true) }],
  [5, { type: 'int16', size: 2, field: 5, read: (view, at) => view.getInt16(at, true) }],
  [6, { type: 'int32', size: 4, field: 5, read: (view, at) => view.getInt32(at, true) }],
  [7, { type: 'int64', size: 8, field: 7, read: (view, at) => Number(view.getBigInt64(at, true)) }],
  [9, { type: 'bool', size: 1, field: 5, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) }],
  [10, { type: 'float16', size: 2, field: 5, read: (view, at) => float16(view.getUint16(at, true)) }],
  [11, { type: 'float64', size: 8, field: 10, read: (view, at) => view.getFloat64(at, true) }],
  [12, { type: 'uint32', size: 4, field: 11, read: (view, at) => view.getUint32(at, true) }],
  [13, { type: 'uint64', size: 8, field: 11, read: (view, at) => Number(view.getBigUint64(at, true)) }],
  [16, { type: 'bfloat16', size: 2, field: 5, read: (view, at) => bfloat16(view.getUint16(at, true)) }],
] satisfies [number, Encoding][]);

const STRING = 8;

/** The name of an element type, undefined for numbers that have none here (complex, 8-bit float, 4-bit integer). */
export function elementTypeOf(number: number): ElementType | undefined {
  return number === STRING ? 'string' : ENCODINGS.get(number)?.type;
}

/** Elements of a shape. @throws InputError for negative ones; UnsupportedError before memory is taken for too many */
function countOf(dims: readonly number[], where: string): number {
  const wrong = dims.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (wrong !== undefined || dims.length > MOST_DIMENSIONS) {
    throw new InputError(`shape ${dims.slice(0, MOST_DIMENSIONS).join('×')} is out of range`, {
      where,
      hint: `dimensions are at most ${MOST_DIMENSIONS}, none negative; export the model again`,
    });
  }
  const count = dims.reduce((product, size) => product * size, 1);
  if (count <= MOST_ELEMENTS) return count;
  throw new UnsupportedError(`${count.toExponential(1)} weights in one tensor`, {
    where,
    hint: `at most ${MOST_ELEMENTS} can be read; use a smaller model`,
  });
}

function mismatch(found: number, unit: string, dims: readonly number[], where: string): never {
  throw new InputError(`${found} ${unit} for shape ${dims.length === 0 ? 'of one value' : dims.join('×')}`, {
    where,
    hint: 'the file is damaged; export the model again',
  });
}

function fromRaw(raw: Uint8Array, encoding: Encoding, dims: readonly number[], where: string): OnnxTensor['values'] {
  const count = countOf(dims, where);
  if (raw.length !== count * encoding.size) mismatch(raw.length, 'bytes', dims, where);
  if (encoding.type === 'float32') return floatsIn(raw);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float64Array.from({ length: count }, (_, i) => encoding.read(view, i * encoding.size));
}

/** Values of the typed fields. Types of 16 bits and less are in varints, as their bits. */
function fromTyped(tensor: TensorMessage, encoding: Encoding, where: string): OnnxTensor['values'] {
  const count = countOf(tensor.dims, where);
  const parts = tensor.typed.filter(({ number }) => number === encoding.field).map(({ bytes }) => bytes);
  const isFixed = encoding.field === 4 || encoding.field === 10;
  if (isFixed) {
    const only = parts.length === 1 ? elementAt(parts, 0) : new Uint8Array(Buffer.concat(parts));
    return fromRaw(only, encoding, tensor.dims, where);
  }
  const values = new Float64Array(count);
  let at = 0;
  for (const part of parts) {
    readPackedVarints(part, where, (value) => {
      if (at < count) values[at] = value;
      at++;
    });
  }
  if (at !== count) mismatch(at, 'values', tensor.dims, where);
  if (encoding.type === 'float16') return values.map((bits) => float16(bits & 0xffff));
  if (encoding.type === 'bfloat16') return values.map((bits) => bfloat16(bits & 0xffff));
  return values;
}

/**
 * A constant of its message.
 *
 * @param where the file
 * @param files contents of the files that hold external values, by their location
 * @throws InputError when lengths and shape disagree; UnsupportedError for element types without a name, and for sizes
 * beyond any model that can be evaluated
 */
export function tensorOf(tensor: TensorMessage, where: string, files: ReadonlyMap<string, Uint8Array>): OnnxTensor {
  const at = `${where}, tensor ${tensor.name || 'of an attribute'}`;
  const { name, dims } = tensor;
  const count = countOf(dims, at);
  if (tensor.type === STRING) {
    if (tensor.texts.length !== count) mismatch(tensor.texts.length, 'texts', dims, at);
    return { name, dims, type: 'string', values: new Float64Array(0), texts: tensor.texts };
  }
  const encoding = ENCODINGS.get(tensor.type);
  if (encoding === undefined) {
    throw new UnsupportedError(`element type ${tensor.type}`, { where: at, hint: 'export the model in float32' });
  }
  const raw =
    tensor.external === undefined ? tensor.raw : externalBytes(tensor.external, count * encoding.size, at, files);
  // A tensor without a single value has no field at all, as writers leave out what is empty.
  const values = raw === undefined ? fromTyped(tensor, encoding, at) : fromRaw(raw, encoding, dims, at);
  return { name, dims, type: encoding.type, values };
}
