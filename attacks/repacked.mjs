// Files that are mutated inside of their checksums: an altered byte of a PNG or a zip archive is mostly refused for its CRC, so
// that what lies behind would never be reached.
import { crc32, deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import { below, mutateBytes } from './mutations.mjs';

const SIGNATURE = 8;

/** Chunks of a PNG: type, and data. */
function chunksOf(png) {
  const chunks = [];
  for (let at = SIGNATURE; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push([png.subarray(at + 4, at + 8).toString('latin1'), png.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  return chunks;
}

/** Mutates one chunk of a PNG; of the pixels, what they are compressed from. Checksums are right again. */
export function mutatePng(png) {
  const chunks = chunksOf(png);
  const chosen = below(chunks.length);
  const parts = chunks.map(([type, data], i) => {
    const mutated =
      i !== chosen ? data : type === 'IDAT' ? deflateSync(mutateBytes(inflateSync(data))) : mutateBytes(data);
    const chunk = Buffer.alloc(12 + mutated.length);
    chunk.writeUInt32BE(mutated.length, 0);
    chunk.write(type, 4, 'latin1');
    chunk.set(mutated, 8);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + mutated.length)), 8 + mutated.length);
    return chunk;
  });
  return new Uint8Array(Buffer.concat([png.subarray(0, SIGNATURE), ...parts]));
}

/** One file of a zip archive without deflation, or with it. */
export function unzipped(zip, name) {
  const at = zip.indexOf(Buffer.from(name)) - 30;
  const [method, packed] = [zip.readUInt16LE(at + 8), zip.readUInt32LE(at + 18)];
  const from = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
  const bytes = zip.subarray(from, from + packed);
  return method === 0 ? bytes : inflateRawSync(bytes);
}

/** A zip archive of files that are stored as they are. @param files name and bytes of each */
export function storedZip(files) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), fields, Buffer.from(name)]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), fields, rest, Buffer.from(name)]),
    );
    parts.push(local, bytes);
    at += local.length + bytes.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(at, 12);
  return new Uint8Array(Buffer.concat([...parts, entries, Buffer.from('PK\u0005\u0006', 'latin1'), end]));
}
