import type * as Hdf5 from 'h5wasm';
import type { Dataset, Group } from 'h5wasm';
import { float16 } from '../float16.js';

/** What is taken out of an HDF5 file. */
export interface Hdf5Content {
  /** Attributes of the root that are text and were asked for. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Arrays of floats by their paths, without a leading slash. */
  readonly arrays: ReadonlyMap<string, Hdf5Array>;
}

/** An array of floats; half and double precision are rounded to single. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What to read; anything else in the file stays unread. */
export interface Hdf5Request {
  readonly attributes: readonly string[];
  /** Groups of the root whose arrays are read. */
  readonly groups: readonly string[];
}

/** Groups and arrays of a file: a hard link may make a group its own child. */
const MOST_OBJECTS = 20_000;
const MOST_LEVELS = 12;
const MOST_DIMENSIONS = 8;
const MOST_ATTRIBUTE_BYTES = 2 ** 24;
/** Classes of types as HDF5 numbers them (H5Tpublic.h). */
const FLOAT = 1;
const STRING = 3;

/** A file that is not read, for a reason that a person understands; other errors are HDF5's own. */
export class Hdf5Refusal extends Error {
  override readonly name = 'Hdf5Refusal';
}

type Runtime = typeof Hdf5;

/** @param bytes at the beginning of a buffer of their own */
function floatsOf(bytes: Uint8Array, size: number): Float32Array {
  // Machines that Node runs on are little-endian, as the values are.
  if (size === 4) return new Float32Array(bytes.buffer, 0, bytes.length / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at: number): number => (size === 2 ? float16(view.getUint16(at, true)) : view.getFloat64(at, true));
  const values = new Float32Array(bytes.length / size);
  for (let i = 0; i < values.length; i++) values[i] = read(i * size);
  return values;
}

/** The bytes of an array, which the library itself cannot give for half precision. */
function bytesOf({ Module }: Runtime, dataset: Dataset, length: number): Uint8Array {
  if (length === 0) return new Uint8Array();
  const at = Module._malloc(length);
  if (at === 0) throw new Hdf5Refusal(`${length} bytes of ${dataset.path} do not fit into memory`);
  try {
    Module.get_dataset_data(dataset.file_id, dataset.path, null, null, null, BigInt(at));
    return Module.HEAPU8.slice(at, at + length);
  } finally {
    Module._free(at);
  }
}

/**
 * An array of floats, or nothing for one of another type. It lies in one piece in the file, so that it is never larger than
 * the file: what is packed could grow a thousandfold, and Keras packs nothing.
 *
 * @param budget bytes that arrays may still have
 */
function arrayOf(runtime: Runtime, dataset: Dataset, budget: number): Hdf5Array | undefined {
  const { metadata } = dataset;
  const { shape, type, size, littleEndian } = metadata;
  if (type !== FLOAT || shape === null) return undefined;
  const where = `array ${dataset.path}`;
  if (![2, 4, 8].includes(size) || !littleEndian) throw new Hdf5Refusal(`${where} has floats of an unknown kind`);
  if (shape.length > MOST_DIMENSIONS) throw new Hdf5Refusal(`${where} has ${shape.length} dimensions`);
  const length = shape.reduce((product, axis) => product * axis, size);
  if (!(length <= budget)) throw new Hdf5Refusal(`${where} says it has ${length} bytes, more than the file has left`);
  if (metadata.chunks !== null || metadata.virtual_sources !== undefined || dataset.filters.length > 0) {
    throw new Hdf5Refusal(`${where} is packed or in pieces, which Keras does not write`);
  }
  return { shape: [...shape], values: floatsOf(bytesOf(runtime, dataset, length), size) };
}

function textOf(runtime: Runtime, root: Group, name: string): string {
  const attribute = new runtime.Attribute(root.file_id, root.path, name);
  const { type, size, total_size: count } = attribute.metadata;
  if (type !== STRING || count !== 1) throw new Hdf5Refusal(`attribute ${name} is no text`);
  if (size > MOST_ATTRIBUTE_BYTES) throw new Hdf5Refusal(`attribute ${name} says it has ${size} bytes`);
  const { value } = attribute;
  const text: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof text !== 'string') throw new Hdf5Refusal(`attribute ${name} is no text`);
  return text;
}

/**
 * Reads an HDF5 file in memory. The file system is the library's own, so that links to other files lead nowhere. Damaged
 * bytes may keep the C library busy for ever or leave its memory in disorder: call it in a thread of its own.
 *
 * @throws Hdf5Refusal or an error of the library
 */
export async function hdf5Content(bytes: Uint8Array, request: Hdf5Request): Promise<Hdf5Content> {
  const runtime = await import('h5wasm');
  const { FS } = await runtime.ready;
  const name = 'model.h5';
  FS.writeFile(name, bytes);
  const file = new runtime.File(name, 'r');
  const attributes = new Map<string, string>();
  const present = Object.keys(file.attrs);
  for (const wanted of request.attributes) {
    if (present.includes(wanted)) attributes.set(wanted, textOf(runtime, file, wanted));
  }
  const arrays = new Map<string, Hdf5Array>();
  let budget = bytes.length;
  let objects = 0;
  const walk = (group: Group, path: string, level: number): void => {
    if (level > MOST_LEVELS) throw new Hdf5Refusal(`group ${path} lies ${level} levels deep`);
    for (const key of group.keys()) {
      if (++objects > MOST_OBJECTS) throw new Hdf5Refusal(`more than ${MOST_OBJECTS} groups and arrays`);
      const child = group.get(key);
      const inside = `${path}/${key}`;
      if (child instanceof runtime.Group) walk(child, inside, level + 1);
      if (!(child instanceof runtime.Dataset)) continue;
      const array = arrayOf(runtime, child, budget);
      if (array === undefined) continue;
      budget -= array.values.length * child.metadata.size;
      arrays.set(inside, array);
    }
  };
  const roots = file.keys();
  for (const group of request.groups) {
    if (!roots.includes(group)) continue;
    const child = file.get(group);
    if (child instanceof runtime.Group) walk(child, group, 1);
  }
  file.close();
  return { attributes, arrays };
}
