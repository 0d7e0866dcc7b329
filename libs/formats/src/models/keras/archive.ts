import { crc32, inflateRawSync } from 'node:zlib';
import { InputError } from '@ciphernet/foundation';
import { bytesSource } from '../../datasets/byte-source.js';
import { memberOffset, readZipDirectory } from '../../datasets/numpy/zip-directory.js';

/** Far above any model that can be evaluated encrypted. */
const MAX_BYTES = 256 * 2 ** 20;

/**
 * The members of a zip archive in memory that are asked for, inflated; one that is not there is left out.
 *
 * @throws InputError for a damaged archive, and for members that are twice in it, larger than 256 MB together, or not as
 *   large as the archive says
 */
export async function membersOf(
  bytes: Uint8Array,
  names: readonly string[],
  where: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const source = bytesSource(bytes, where);
  const contents = new Map<string, Uint8Array>();
  let left = MAX_BYTES;
  for (const member of await readZipDirectory(source)) {
    if (!names.includes(member.name)) continue;
    const fail = (what: string, cause?: unknown): never => {
      throw new InputError(what, { where: `${where}:${member.name}`, hint: 'save the model again', cause });
    };
    if (contents.has(member.name)) fail('is twice in the archive');
    left -= member.size;
    if (left < 0) fail(`has ${member.size} bytes, at most ${MAX_BYTES} are taken`);
    const offset = await memberOffset(source, member);
    const packed = bytes.subarray(offset, offset + member.packed);
    let content = packed;
    if (member.deflated) {
      try {
        content = inflateRawSync(packed, { maxOutputLength: Math.max(1, member.size) });
      } catch (cause) {
        fail(`cannot be inflated to the ${member.size} bytes that the archive says`, cause);
      }
    }
    if (content.length !== member.size) fail(`has ${content.length} bytes, but the archive says ${member.size}`);
    if (crc32(content) !== member.crc) fail('has another checksum than the archive says');
    contents.set(member.name, content);
  }
  return contents;
}
