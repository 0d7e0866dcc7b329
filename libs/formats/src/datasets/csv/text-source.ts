import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '@ciphernet/foundation';
import { type ByteSource, chunksOf } from '../byte-source.js';

/** What a gzipped file may inflate to; it bounds time, memory is bounded by the readers. */
const MAX_INFLATED = 2 ** 35;

/** Whether bytes begin as gzip does. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The bytes of a source, inflated where they are gzipped.
 *
 * @throws InputError for damaged gzip data and more than 32 GiB of inflated bytes
 */
export async function* inflatedChunks(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (source.size < 2 || !isGzip(await source.read(0, 2))) {
    yield* chunksOf(source);
    return;
  }
  const { where } = source;
  const gunzip = createGunzip({ chunkSize: 128 * 1024 });
  const compressed = Readable.from(chunksOf(source));
  compressed.on('error', (error) => gunzip.destroy(error));
  compressed.pipe(gunzip);
  let size = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_INFLATED) {
        throw new InputError(`the file inflates to more than ${MAX_INFLATED} bytes`, { where, hint: 'split it' });
      }
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('damaged gzip data', { where, hint: 'fetch or write the file again', cause });
  } finally {
    compressed.destroy();
    gunzip.destroy();
  }
}

/**
 * The same bytes, checked to be text in UTF-8, whatever their pieces cut.
 *
 * @throws InputError for other bytes, and for bytes 0, which no text has
 */
export async function* textChunks(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let cut: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = cut.length === 0 ? chunk : Buffer.concat([cut, chunk]);
    const end = bytes.length - cutCharacter(bytes);
    const whole = bytes.subarray(0, end);
    requireText(whole, offset, where);
    offset += end;
    cut = Uint8Array.from(bytes.subarray(end));
    yield whole;
  }
  requireText(cut, offset, where);
}

/** How many bytes at the end begin a character that goes on. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function requireText(bytes: Uint8Array, offset: number, where: string): void {
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw new InputError(`byte ${offset + zero} is 0, which no text holds`, {
      where,
      hint: 'it is another format or UTF-16; save the table as CSV in UTF-8',
    });
  }
  if (!isUtf8(bytes)) {
    throw new InputError(`the text is not UTF-8, somewhere from byte ${offset} on`, {
      where,
      hint: 'save the table as CSV in UTF-8',
    });
  }
}
