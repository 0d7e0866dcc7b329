import type { FileHandle } from 'node:fs/promises';

/**
 * Most bytes of a call. The kernel keeps what a call writes in runs of pages as long as the call. Runs of 2 MiB and more are what a virtual
 * machine hands back to its host while they are free, and waits for when they are used again; of shorter ones it keeps some at hand (`bench`
 * times both: up to ten times as long).
 */
export const WRITE_BYTES = 2 ** 20;

async function writeChunk(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await file.write(chunk, done, Math.min(WRITE_BYTES, chunk.length - done))).bytesWritten;
  }
}

/**
 * Writes chunks in their order behind what the file holds.
 *
 * @param chunks the next one is asked for while the last is written, so that whoever hashes them does so meanwhile: none may use another's memory
 * @throws what the chunks or the file throw, the chunks first
 */
export async function writeInTurn(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      await writing;
      writing = writeChunk(file, chunk);
      // Awaited before the next one; until then a failure must not count as unhandled.
      writing.catch(() => undefined);
    }
  } catch (error) {
    // The file is open until it was written to.
    await writing.catch(() => undefined);
    throw error;
  }
  await writing;
}
