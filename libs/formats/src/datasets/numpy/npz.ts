import { crc32 } from 'node:zlib';
import { InputError } from '@ciphernet/foundation';
import { type ByteSource, bytesSource, chunksOf, fileSource, partOf } from '../byte-source.js';
import { type ArrayFile, arrayFile } from './array-file.js';
import { readNpyHeader } from './header.js';
import { type ZipMember, memberOffset, readZipDirectory } from './zip-directory.js';

/** Bytes of a compressed member in Fortran order, which has to be in memory as a whole. */
const MAX_IN_MEMORY = 2 ** 29;
/** What all members may inflate to: 256 GiB. */
const MAX_TOTAL = 2 ** 38;
/** Enough for the longest npy header. */
const HEAD = 12_000;
/** Compressed bytes that are inflated at a time; deflate makes at most 17 MB of them. */
const STEP = 16 * 1024;

/**
 * Opens the arrays of an npz file (a zip archive of npy files) by their names without `.npy`. Only headers are read until an
 * array's blocks are; the file is closed when the last array is disposed of.
 *
 * @throws InputError for a damaged archive, members that are no npy files, and sizes that do not fit
 */
export async function openNpz(path: string): Promise<ReadonlyMap<string, ArrayFile>> {
  const source = await fileSource(path);
  try {
    return await npzOf(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The same of an open source, which is closed when the last array is disposed of. */
export async function npzOf(source: ByteSource): Promise<ReadonlyMap<string, ArrayFile>> {
  const members = (await readZipDirectory(source)).filter(({ name }) => !name.endsWith('/'));
  const total = members.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_TOTAL) {
    throw new InputError(`its members inflate to ${total} bytes, at most ${MAX_TOTAL} are read`, {
      where: source.where,
      hint: 'save the arrays in files of their own',
    });
  }
  const arrays = new Map<string, ArrayFile>();
  let open = 0;
  for (const member of members) {
    const { where } = source;
    if (!member.name.endsWith('.npy')) {
      throw new InputError(`member ${member.name} is no npy file`, { where, hint: 'write it with numpy.savez' });
    }
    const name = member.name.slice(0, -4);
    if (arrays.has(name)) throw new InputError(`two members are named ${name}`, { where, hint: 'write it again' });
    let closed = false;
    arrays.set(
      name,
      await arrayOf(source, member, async () => {
        if (closed) return;
        closed = true;
        if (--open === 0) await source.close();
      }),
    );
    open++;
  }
  if (arrays.size === 0) {
    throw new InputError('the archive holds no array', { where: source.where, hint: 'write it with numpy.savez' });
  }
  return arrays;
}

async function arrayOf(source: ByteSource, member: ZipMember, close: () => Promise<void>): Promise<ArrayFile> {
  const where = `${source.where}:${member.name}`;
  const packed = { ...partOf(source, await memberOffset(source, member), member.packed), where };
  const content = () => (member.deflated ? inflated(packed, member) : checked(chunksOf(packed), member, where));
  const header = await readNpyHeader(await headerSource(packed, member, where));
  const bytes = {
    inOrder: () => after(content(), header.offset),
    anywhere: async () => {
      if (!member.deflated) return partOf(packed, header.offset, member.size - header.offset);
      if (member.size > MAX_IN_MEMORY) {
        throw new InputError(`a compressed array in Fortran order of ${member.size} bytes does not fit into memory`, {
          where,
          hint: 'save it in C order: numpy.ascontiguousarray(array)',
        });
      }
      const all = new Uint8Array(member.size);
      let at = 0;
      for await (const chunk of content()) {
        all.set(chunk, at);
        at += chunk.length;
      }
      return bytesSource(all.subarray(header.offset), where);
    },
  };
  return arrayFile(header, bytes, where, close);
}

/** A source that has a member's size and its first bytes, which is what reading its header takes. */
async function headerSource(packed: ByteSource, member: ZipMember, where: string): Promise<ByteSource> {
  if (!member.deflated) return packed;
  const head = new Uint8Array(Math.min(HEAD, member.size));
  let filled = 0;
  for await (const chunk of inflated(packed, member)) {
    const part = chunk.subarray(0, head.length - filled);
    head.set(part, filled);
    filled += part.length;
    if (filled === head.length) break;
  }
  return { ...bytesSource(head.subarray(0, filled), where), size: member.size };
}

/** A member's bytes as they are inflated, held against its size and checksum. */
async function* inflated(packed: ByteSource, member: ZipMember): AsyncGenerator<Uint8Array> {
  const { Inflate } = await import('fflate');
  const { where } = packed;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const out: Uint8Array[] = [];
    const inflate = new Inflate((chunk) => out.push(chunk));
    for (let at = 0; at < packed.size || at === 0; at += STEP) {
      const length = Math.min(STEP, packed.size - at);
      const bytes = await packed.read(at, length);
      try {
        // A copy, because the inflater keeps what it is given.
        inflate.push(Uint8Array.from(bytes), at + length === packed.size);
      } catch (cause) {
        throw new InputError('damaged compressed data', { where, hint: 'write the file again', cause });
      }
      yield* out.splice(0);
    }
  }
  yield* checked(pieces(), member, where);
}

/** The same bytes; an error when they are not as many as the archive says, or have another checksum. */
async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  member: ZipMember,
  where: string,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  let crc = 0;
  const fail = (what: string): never => {
    throw new InputError(what, { where, hint: 'the archive is damaged; write it again' });
  };
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > member.size) fail(`the member inflates to more than the ${member.size} bytes that the archive says`);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== member.size) fail(`the member has ${size} bytes, but the archive says ${member.size}`);
  if (crc !== member.crc) fail('the checksum of the member is wrong');
}

async function* after(chunks: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for await (const chunk of chunks) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}
