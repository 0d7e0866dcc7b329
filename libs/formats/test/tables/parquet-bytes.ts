/** Fields of a Thrift struct by their numbers: whole numbers are I32, bigints I64, texts and bytes binary, arrays lists of structs. */
export interface Fields {
  readonly [id: number]: number | bigint | string | boolean | Uint8Array | Fields | readonly Fields[];
}

/** A struct in Thrift's compact protocol. */
export function thrift(fields: Fields): Buffer {
  let last = 0;
  const parts = Object.entries(fields).map(([key, value]) => {
    const id = Number(key);
    const { type, bytes } = encoded(value as Fields[number]);
    const head = Buffer.from([((id - last) << 4) | type]);
    last = id;
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function encoded(value: Fields[number]): { type: number; bytes: Buffer } {
  if (typeof value === 'boolean') return { type: value ? 1 : 2, bytes: Buffer.alloc(0) };
  if (typeof value === 'number' || typeof value === 'bigint') {
    const wide = BigInt(value);
    return { type: typeof value === 'number' ? 5 : 6, bytes: varint(wide < 0n ? -2n * wide - 1n : 2n * wide) };
  }
  if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
    return { type: 8, bytes: Buffer.concat([varint(BigInt(bytes.length)), bytes]) };
  }
  if (!Array.isArray(value)) return { type: 12, bytes: thrift(value) };
  const entries = (value as readonly Fields[]).map((entry) => thrift(entry));
  return { type: 9, bytes: Buffer.concat([Buffer.from([0xfc]), varint(BigInt(entries.length)), ...entries]) };
}

export function varint(value: bigint): Buffer {
  const groups: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...groups, Number(rest)]);
    groups.push(Number(rest & 127n) | 128);
  }
}

/** What a file of one column claims, and holds. */
export interface ParquetClaims {
  /** Physical type by its number: 1 int32, 2 int64, 5 double, 6 bytes. */
  readonly type?: number;
  readonly optional?: boolean;
  readonly rows?: bigint;
  readonly groupRows?: bigint;
  readonly values?: number;
  readonly encoding?: number;
  readonly codec?: number;
  readonly size?: number;
  readonly packed?: number;
  readonly offset?: bigint;
  readonly length?: bigint;
  readonly dictionary?: Buffer;
  readonly body?: Buffer;
  readonly schema?: readonly Fields[];
}

/** A Parquet file of one column `a` in one page. Without claims it holds the doubles 1, 2 and 3. */
export function parquetBytes(claims: ParquetClaims = {}): Uint8Array {
  const { type = 5, optional = false, rows = 3n, groupRows = rows, values = 3, encoding = 0, codec = 0 } = claims;
  const body = claims.body ?? Buffer.from(Float64Array.of(1, 2, 3).buffer);
  const { size = body.length, packed = body.length } = claims;
  const header = thrift({ 1: 0, 2: size, 3: packed, 5: { 1: values, 2: encoding, 3: 3, 4: 3 } });
  const pages = Buffer.concat([claims.dictionary ?? Buffer.alloc(0), header, body]);
  const column = {
    1: type,
    4: codec,
    5: groupRows,
    7: claims.length ?? BigInt(pages.length),
    9: claims.offset ?? 4n,
  };
  const schema = claims.schema ?? [
    { 4: 'schema', 5: 1 },
    { 1: type, 3: optional ? 1 : 0, 4: 'a' },
  ];
  const footer = thrift({ 1: 2, 2: schema, 3: rows, 4: [{ 1: [{ 3: column }], 2: 100n, 3: groupRows }] });
  return withFooter(footer, pages);
}

/** A file with any footer. */
export function withFooter(
  footer: Uint8Array,
  pages: Uint8Array = Buffer.alloc(0),
  length = footer.length,
): Uint8Array {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(length, 0);
  end.write('PAR1', 4, 'latin1');
  return Uint8Array.from(Buffer.concat([Buffer.from('PAR1'), pages, footer, end]));
}

/** A dictionary page of 32-bit whole numbers. */
export function dictionaryPage(numbers: readonly number[], claimed = numbers.length): Buffer {
  const body = Buffer.from(Int32Array.from(numbers).buffer);
  return Buffer.concat([thrift({ 1: 2, 2: body.length, 3: body.length, 7: { 1: claimed, 2: 0 } }), body]);
}
