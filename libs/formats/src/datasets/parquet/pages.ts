import { decompress } from './codecs.js';
import { Damage } from './damage.js';
import { decodeRuns } from './runs.js';
import { type ThriftStruct, integerOf, readThrift, structOf } from './thrift.js';

/** What stands before a page, with where its bytes begin behind the header. */
export interface PageHeader {
  readonly kind: 'dictionary' | 'data' | 'data2' | 'index';
  /** Bytes in the file and decompressed. */
  readonly packed: number;
  readonly size: number;
  readonly values: number;
  readonly encoding: number;
  readonly struct: ThriftStruct;
  readonly end: number;
}

/** Bytes and values of a page. Writers aim at a megabyte; some write a page a row group. */
const MAX_PAGE = 2 ** 28;
const MAX_PAGE_VALUES = 2 ** 24;
/** The encoding of levels that anything still writes. */
const RLE = 3;

/** Which values of a page are there, and the bytes of those. */
export interface PageContent {
  /** For each value 1 or 0; undefined where all are there. */
  readonly present: Uint32Array | undefined;
  readonly bytes: Uint8Array;
}

/** @throws Damage for a header that is cut off, of no known kind, or names sizes out of range */
export function readPageHeader(bytes: Uint8Array): PageHeader {
  const { struct, end } = readThrift(bytes);
  const type = integerOf(struct, 1, 'the kind of a page', 3);
  const size = integerOf(struct, 2, 'the size of a page', MAX_PAGE);
  const packed = integerOf(struct, 3, 'the compressed size of a page', MAX_PAGE);
  const kind = (['data', 'index', 'dictionary', 'data2'] as const)[type]!;
  if (kind === 'index') return { kind, packed, size, values: 0, encoding: 0, struct, end };
  const inner = structOf(struct, kind === 'data' ? 5 : kind === 'dictionary' ? 7 : 8, 'the header of a page');
  const values = integerOf(inner, 1, 'the number of values of a page', MAX_PAGE_VALUES);
  const encoding = integerOf(inner, kind === 'data2' ? 4 : 2, 'the encoding of a page', 100);
  return { kind, packed, size, values, encoding, struct: inner, end };
}

/**
 * Decompresses a page and takes its definition levels off, which say where a value is missing.
 *
 * @throws Damage when levels or bytes do not fit the header
 */
export async function openPage(
  bytes: Uint8Array,
  header: PageHeader,
  codec: number,
  optional: boolean,
): Promise<PageContent> {
  if (header.kind === 'data2') return openSecondVersion(bytes, header, codec, optional);
  const page = await decompress(bytes, codec, header.size);
  if (header.kind === 'dictionary' || !optional) return { present: undefined, bytes: page };
  if (integerOf(header.struct, 3, 'the encoding of levels') !== RLE) throw new Damage('levels in an outdated encoding');
  if (page.length < 4) throw new Damage('a page is too short for its levels');
  const length = new DataView(page.buffer, page.byteOffset).getUint32(0, true);
  if (length > page.length - 4) throw new Damage('the levels of a page are cut off');
  const present = decodeRuns(page.subarray(4, 4 + length), 1, header.values);
  return { present, bytes: page.subarray(4 + length) };
}

/** The second version keeps levels uncompressed before the values. */
async function openSecondVersion(
  bytes: Uint8Array,
  { struct, size, values }: PageHeader,
  codec: number,
  optional: boolean,
): Promise<PageContent> {
  const levels = integerOf(struct, 5, 'the length of levels', bytes.length);
  if (integerOf(struct, 6, 'the length of levels', bytes.length) > 0) throw new Damage('a flat column is nested');
  if (levels > size) throw new Damage('the levels of a page are longer than it');
  const present = optional ? decodeRuns(bytes.subarray(0, levels), 1, values) : undefined;
  const rest = bytes.subarray(levels);
  const isCompressed = struct.get(7) !== false && rest.length > 0;
  return { present, bytes: await decompress(rest, isCompressed ? codec : 0, size - levels) };
}
