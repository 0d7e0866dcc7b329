/** How a kind of number is written, with values that it holds exactly. */
export interface TestDtype {
  readonly name: string;
  readonly bytes: number;
  readonly write: (view: DataView, offset: number, value: number, little: boolean) => void;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

const SAFE = Number.MAX_SAFE_INTEGER;

export const DTYPES: readonly TestDtype[] = [
  { name: 'b1', bytes: 1, write: (v, o, x) => v.setUint8(o, x), least: 0, most: 1, whole: true },
  { name: 'u1', bytes: 1, write: (v, o, x) => v.setUint8(o, x), least: 0, most: 255, whole: true },
  { name: 'i1', bytes: 1, write: (v, o, x) => v.setInt8(o, x), least: -128, most: 127, whole: true },
  { name: 'u2', bytes: 2, write: (v, o, x, l) => v.setUint16(o, x, l), least: 0, most: 65_535, whole: true },
  { name: 'i2', bytes: 2, write: (v, o, x, l) => v.setInt16(o, x, l), least: -32_768, most: 32_767, whole: true },
  { name: 'u4', bytes: 4, write: (v, o, x, l) => v.setUint32(o, x, l), least: 0, most: 2 ** 32 - 1, whole: true },
  {
    name: 'i4',
    bytes: 4,
    write: (v, o, x, l) => v.setInt32(o, x, l),
    least: -(2 ** 31),
    most: 2 ** 31 - 1,
    whole: true,
  },
  { name: 'u8', bytes: 8, write: (v, o, x, l) => v.setBigUint64(o, BigInt(x), l), least: 0, most: SAFE, whole: true },
  {
    name: 'i8',
    bytes: 8,
    write: (v, o, x, l) => v.setBigInt64(o, BigInt(x), l),
    least: -SAFE,
    most: SAFE,
    whole: true,
  },
  {
    name: 'f2',
    bytes: 2,
    write: (v, o, x, l) => v.setUint16(o, halfBits(x), l),
    least: -2048,
    most: 2047,
    whole: true,
  },
  { name: 'f4', bytes: 4, write: (v, o, x, l) => v.setFloat32(o, x, l), least: -(2 ** 24), most: 2 ** 24, whole: true },
  { name: 'f8', bytes: 8, write: (v, o, x, l) => v.setFloat64(o, x, l), least: -1e300, most: 1e300, whole: false },
];

/** The bits of a whole number of at most eleven bits as binary16. */
function halfBits(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (size === 0) return sign;
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | Math.round((size / 2 ** exponent - 1) * 1024);
}

export interface NpyOptions {
  readonly version?: 1 | 2 | 3;
  readonly order?: '<' | '>';
  readonly fortran?: boolean;
}

/** An npy file of values in C order, written in either order. */
export function npyBytes(
  dtype: TestDtype,
  shape: readonly number[],
  values: readonly number[],
  { version = 1, order = '<', fortran = false }: NpyOptions = {},
): Uint8Array {
  const descr = `${dtype.bytes === 1 ? '|' : order}${dtype.name}`;
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${tuple}), }`;
  const body = new Uint8Array(values.length * dtype.bytes);
  const view = new DataView(body.buffer);
  values.forEach((value, i) => {
    const at = fortran ? fortranIndex(i, shape) : i;
    dtype.write(view, at * dtype.bytes, value, order === '<');
  });
  return rawNpy(header, body, version);
}

/** An npy file with any header. */
export function rawNpy(header: string, body: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const wide = version > 1;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0, 0, 0, ...(wide ? [0, 0] : [])]);
  const padded = header.padEnd(Math.ceil((header.length + start.length + 1) / 64) * 64 - start.length - 1) + '\n';
  if (wide) start.writeUInt32LE(padded.length, 8);
  else start.writeUInt16LE(padded.length, 8);
  return Uint8Array.from(Buffer.concat([start, Buffer.from(padded), body]));
}

function fortranIndex(index: number, shape: readonly number[]): number {
  const position = shape.map(() => 0);
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    position[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  let at = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) at = at * shape[axis]! + position[axis]!;
  return at;
}
