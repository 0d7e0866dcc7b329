import { InputError } from '@ciphernet/foundation';
import type { ByteSource } from '../byte-source.js';

/** A member of a zip archive, whose bytes lie in it stored or deflated. */
export interface ZipMember {
  readonly name: string;
  readonly deflated: boolean;
  /** Bytes in the archive, and after inflating: what the archive says, which readers have to hold against what comes. */
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  /** Where the local header begins; the bytes follow it. */
  readonly offset: number;
}

/** Bytes of the directory: 65,536 members with names of 200 characters. */
const MAX_DIRECTORY = 2 ** 24;
const MAX_MEMBERS = 65_536;
/** Deflate makes at most 1,032 bytes of one (https://zlib.net/zlib_tech.html). */
const MAX_DEFLATE_RATIO = 1032;
const END = 0x06054b50;
const END_LENGTH = 22;
const MAX_COMMENT = 65_535;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const UNKNOWN = 0xffffffff;

/**
 * Lists a zip archive by its central directory (PKWARE's APPNOTE.TXT, 4.3.12 to 4.3.16, with the 64-bit fields that NumPy writes).
 *
 * @throws InputError for a damaged directory, members that overlap or leave the file, encrypted ones, other methods than stored
 *   and deflated, and sizes that deflate cannot reach
 */
export async function readZipDirectory(source: ByteSource): Promise<readonly ZipMember[]> {
  const { where } = source;
  const { count, offset, length } = await findDirectory(source);
  if (count > MAX_MEMBERS || length > MAX_DIRECTORY) {
    throw damaged(`the directory names ${count} members in ${length} bytes, which is more than is read`, where);
  }
  const bytes = await source.read(offset, length);
  const view = viewOf(bytes);
  const members: ZipMember[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > length || view.getUint32(at, true) !== ENTRY) throw damaged(`entry ${i + 1} is damaged`, where);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const next = at + 46 + nameLength! + extraLength! + commentLength!;
    if (next > length) throw damaged(`entry ${i + 1} leaves the directory`, where);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength!));
    const sizes = wideFields(view, at, at + 46 + nameLength!, extraLength!);
    const method = view.getUint16(at + 10, true);
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw damaged(`member ${name} is encrypted`, where);
    if (method !== 0 && method !== 8) throw damaged(`member ${name} is packed by method ${method}`, where);
    const member = { name, deflated: method === 8, crc: view.getUint32(at + 16, true), ...sizes };
    requirePlausible(member, source.size, where);
    members.push(member);
    at = next;
  }
  requireApart(members, where);
  return members;
}

/** Where a member's bytes begin. @throws InputError when its local header is damaged or they leave the archive */
export async function memberOffset(source: ByteSource, member: ZipMember): Promise<number> {
  const view = viewOf(await source.read(member.offset, 30));
  if (view.getUint32(0, true) !== LOCAL) throw damaged(`member ${member.name} is not where it should be`, source.where);
  const offset = member.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + member.packed > source.size) throw damaged(`member ${member.name} is truncated`, source.where);
  return offset;
}

async function findDirectory(source: ByteSource): Promise<{ count: number; offset: number; length: number }> {
  const tailLength = Math.min(source.size, END_LENGTH + MAX_COMMENT);
  const tailOffset = source.size - tailLength;
  const tail = viewOf(await source.read(tailOffset, tailLength));
  for (let at = tailLength - END_LENGTH; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END || at + END_LENGTH + tail.getUint16(at + 20, true) !== tailLength) continue;
    const short = {
      count: tail.getUint16(at + 10, true),
      length: tail.getUint32(at + 12, true),
      offset: tail.getUint32(at + 16, true),
    };
    if (short.count !== 0xffff && short.length !== UNKNOWN && short.offset !== UNKNOWN) return short;
    const locatorAt = tailOffset + at - 20;
    const locator = viewOf(await source.read(locatorAt, 20));
    if (locator.getUint32(0, true) !== END64_LOCATOR) return short;
    const end = viewOf(await source.read(wide(locator, 8), 56));
    if (end.getUint32(0, true) !== END64) throw damaged('the 64-bit end of the directory is damaged', source.where);
    return { count: wide(end, 32), length: wide(end, 40), offset: wide(end, 48) };
  }
  throw damaged('the archive has no directory at its end', source.where);
}

/** Sizes and offset of an entry; those that say "unknown" stand in its extra field 1, in this order, 64 bits each. */
function wideFields(view: DataView, at: number, extraAt: number, extraLength: number) {
  const read = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  let extra = extraAt;
  while (extra + 4 <= extraAt + extraLength) {
    const length = view.getUint16(extra + 2, true);
    const end = Math.min(extra + 4 + length, extraAt + extraLength);
    if (view.getUint16(extra, true) === 1) {
      let field = extra + 4;
      for (let i = 0; i < 3; i++) {
        if (read[i] !== UNKNOWN || field + 8 > end) continue;
        read[i] = wide(view, field);
        field += 8;
      }
    }
    extra += 4 + length;
  }
  const [size, packed, offset] = read as [number, number, number];
  return { size, packed, offset };
}

function requirePlausible(member: ZipMember, archive: number, where: string): void {
  const { name, size, packed, offset, deflated } = member;
  if (offset + 30 + packed > archive) throw damaged(`member ${name} leaves the archive`, where);
  if (!deflated && size !== packed) throw damaged(`member ${name} is stored, but its two sizes differ`, where);
  if (size > packed * MAX_DEFLATE_RATIO) {
    throw damaged(`member ${name} says that ${packed} bytes inflate to ${size}, more than deflate can`, where);
  }
}

/** Members that share bytes multiply what a small archive inflates to. */
function requireApart(members: readonly ZipMember[], where: string): void {
  let end = 0;
  for (const member of members.toSorted((a, b) => a.offset - b.offset)) {
    if (member.offset < end) throw damaged(`member ${member.name} overlaps another`, where);
    end = member.offset + 30 + member.packed;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 64 bits; what a double cannot hold is far beyond any file and refused by its size. */
function wide(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

function damaged(what: string, where: string): InputError {
  return new InputError(what, { where, hint: 'the zip archive is damaged or truncated; write it again' });
}
