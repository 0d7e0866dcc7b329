import { describe, expect, it } from '@jest/globals';
import { sha256Hex } from '../src/digest.js';
import { hashing } from '../src/hashing.js';

const chunks = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4, 5)];

async function* later(): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

describe('chunks that are hashed as they pass', () => {
  it.each([
    ['at hand', () => chunks],
    ['that come one by one', later],
  ])('%s, come out as they are, and their sum is that of all', async (_name, source) => {
    const hashed = hashing(source());
    const passed: Uint8Array[] = [];
    for await (const chunk of hashed.chunks) passed.push(chunk);
    expect(passed).toEqual(chunks);
    expect(hashed.sum()).toEqual({ digest: sha256Hex(Uint8Array.of(1, 2, 3, 4, 5)), bytes: 5 });
  });

  it('end with what their source throws', async () => {
    const broken = function* (): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new Error('cut off');
    };
    const { chunks: passing } = hashing(broken());
    await passing.next();
    await expect(passing.next()).rejects.toThrow('cut off');
  });
});
