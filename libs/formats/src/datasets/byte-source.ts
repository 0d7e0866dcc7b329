import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '@ciphernet/foundation';

/** Bytes that readers take piece by piece, so that no file has to fit into memory. */
export interface ByteSource {
  readonly size: number;
  /** Names the file in errors. */
  readonly where: string;
  /** Exactly `length` bytes from `offset`. @throws InputError when they are not there */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What one read takes when a file is read from front to back. */
const CHUNK = 256 * 1024;

/** A file, open until it is closed: renaming or replacing it meanwhile changes nothing. @throws InputError when it cannot be opened */
export async function fileSource(path: string): Promise<ByteSource> {
  const unreadable = (cause: unknown) =>
    new InputError('cannot read the file', { where: path, hint: 'check the path and its permissions', cause });
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw unreadable(cause);
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new InputError('not a file', { where: path, hint: 'name a file' });
    return {
      size: status.size,
      where: path,
      async read(offset, length) {
        requireWithin(offset, length, status.size, path);
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) throw truncated(offset + done, path);
          done += bytesRead;
        }
        return bytes;
      },
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause instanceof InputError ? cause : unreadable(cause);
  }
}

/** Bytes in memory. What is read are views of them. */
export function bytesSource(bytes: Uint8Array, where: string): ByteSource {
  return {
    size: bytes.length,
    where,
    read(offset, length) {
      requireWithin(offset, length, bytes.length, where);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
    close: () => Promise.resolve(),
  };
}

/** The part of a source from `offset`; closing it leaves the whole open. */
export function partOf(source: ByteSource, offset: number, size: number): ByteSource {
  requireWithin(offset, size, source.size, source.where);
  return {
    size,
    where: source.where,
    read(from, length) {
      requireWithin(from, length, size, source.where);
      return source.read(offset + from, length);
    },
    close: () => Promise.resolve(),
  };
}

/** The bytes from `offset` to the end, in pieces of at most 256 KiB. */
export async function* chunksOf(source: ByteSource, offset = 0): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < source.size; at += CHUNK) {
    yield await source.read(at, Math.min(CHUNK, source.size - at));
  }
}

/** The first bytes: `length` of them, or as many as there are. */
export function headOf(source: ByteSource, length: number): Promise<Uint8Array> {
  return source.read(0, Math.min(length, source.size));
}

function requireWithin(offset: number, length: number, size: number, where: string): void {
  const isWithin = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!isWithin || offset + length > size) throw truncated(size, where);
}

function truncated(offset: number, where: string): InputError {
  return new InputError(`the file ends at byte ${offset}, before what it says it holds`, {
    where,
    hint: 'it is truncated or damaged; fetch or write it again',
  });
}
