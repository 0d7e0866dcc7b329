import type { FileHandle } from 'node:fs/promises';

/** In one call where the system takes it: `FileHandle.writeFile` asks it for half a mebibyte at a time, which takes twice as long. */
async function writeChunk(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) done += (await file.write(chunk, done)).bytesWritten;
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
