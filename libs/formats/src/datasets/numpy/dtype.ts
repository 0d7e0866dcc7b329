/** A kind of number in an npy file. */
export interface Dtype {
  /** Of one value. */
  readonly bytes: number;
  /** Reads `count` values from `offset` on into `out`, from `at` on. Returns the index of a value that no double holds exactly, or -1. */
  readonly decode: (view: DataView, offset: number, count: number, out: Float64Array, at: number) => number;
}

type Read = (view: DataView, offset: number, little: boolean) => number;

const READ: Readonly<Record<string, readonly [bytes: number, read: Read]>> = {
  b1: [1, (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1)],
  u1: [1, (view, offset) => view.getUint8(offset)],
  i1: [1, (view, offset) => view.getInt8(offset)],
  u2: [2, (view, offset, little) => view.getUint16(offset, little)],
  i2: [2, (view, offset, little) => view.getInt16(offset, little)],
  u4: [4, (view, offset, little) => view.getUint32(offset, little)],
  i4: [4, (view, offset, little) => view.getInt32(offset, little)],
  u8: [8, (view, offset, little) => wide(view, offset, little, false)],
  i8: [8, (view, offset, little) => wide(view, offset, little, true)],
  f2: [2, (view, offset, little) => half(view.getUint16(offset, little))],
  f4: [4, (view, offset, little) => view.getFloat32(offset, little)],
  f8: [8, (view, offset, little) => view.getFloat64(offset, little)],
};

/** The kind of number that NumPy's name says, like `<f8`, `>i4` or `|u1`; undefined for text, objects and complex numbers. */
export function dtypeOf(descr: string): Dtype | undefined {
  const match = /^([<>|])([a-z]\d)$/.exec(descr);
  const [bytes, read] = READ[match?.[2] ?? ''] ?? [];
  if (bytes === undefined || read === undefined) return undefined;
  const little = match![1] !== '>';
  // `|` says that there is no order of bytes, which is true of one byte only.
  if (match![1] === '|' && bytes > 1) return undefined;
  const isWide = match![2] === 'i8' || match![2] === 'u8';
  return {
    bytes,
    decode(view, offset, count, out, at) {
      for (let i = 0; i < count; i++) {
        const value = read(view, offset + i * bytes, little);
        if (isWide && !Number.isSafeInteger(value)) return i;
        out[at + i] = value;
      }
      return -1;
    },
  };
}

/** An integer of 64 bits as a double, exact up to 2^53 and not a safe integer beyond. */
function wide(view: DataView, offset: number, little: boolean, signed: boolean): number {
  const low = view.getUint32(little ? offset : offset + 4, little);
  const at = little ? offset + 4 : offset;
  return (signed ? view.getInt32(at, little) : view.getUint32(at, little)) * 2 ** 32 + low;
}

/** IEEE 754 binary16: a sign, five bits of exponent (bias 15), ten of fraction. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
