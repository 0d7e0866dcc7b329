import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { writeInTurn } from '../src/in-turn.js';

/** A file that takes three bytes at a time. */
function slowFile(fail = Infinity): { readonly file: FileHandle; readonly written: number[] } {
  const written: number[] = [];
  const write = async (chunk: Uint8Array, from: number): Promise<{ bytesWritten: number }> => {
    await Promise.resolve();
    if (written.length >= fail) throw new Error('disk is full');
    const part = chunk.subarray(from, from + 3);
    written.push(...part);
    return { bytesWritten: part.length };
  };
  return { file: { write } as unknown as FileHandle, written };
}

const chunks = [Uint8Array.of(1, 2, 3, 4, 5, 6, 7), new Uint8Array(0), Uint8Array.of(8), Uint8Array.of(9, 10, 11, 12)];
const bytes = chunks.flatMap((chunk) => [...chunk]);

describe('chunks that are written in turn', () => {
  it('are all written, in their order, by a file that takes a part at a time', async () => {
    const { file, written } = slowFile();
    await writeInTurn(file, chunks);
    expect(written).toEqual(bytes);
  });

  it('are written a mebibyte a call at most, also those that are longer', async () => {
    const asked: number[] = [];
    const write = (_chunk: Uint8Array, _from: number, length: number): Promise<{ bytesWritten: number }> => {
      asked.push(length);
      return Promise.resolve({ bytesWritten: length });
    };
    await writeInTurn({ write } as unknown as FileHandle, [new Uint8Array(2 ** 21 + 5), new Uint8Array(3)]);
    expect(asked).toEqual([2 ** 20, 2 ** 20, 5, 3]);
  });

  it('are behind what a real file holds', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    {
      await using file = await open(path, 'wx');
      await file.write(Uint8Array.of(0));
      await writeInTurn(file, chunks);
    }
    expect([...(await readFile(path))]).toEqual([0, ...bytes]);
  });

  it('end with what the chunks or the file throw, and ask for no more', async () => {
    let asked = 0;
    const counted = function* (): Generator<Uint8Array> {
      for (const chunk of chunks) {
        asked++;
        yield chunk;
      }
      throw new Error('no more');
    };
    await expect(writeInTurn(slowFile().file, counted())).rejects.toThrow('no more');
    asked = 0;
    await expect(writeInTurn(slowFile(6).file, counted())).rejects.toThrow('disk is full');
    expect(asked).toBe(2);
  });
});
