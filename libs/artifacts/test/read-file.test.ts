import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IntegrityError } from '@ciphernet/foundation';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readParts } from '../src/read-file.js';

const BYTES = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255);

async function withFile(use: (file: number) => void): Promise<void> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'file');
  await writeFile(path, BYTES);
  const file = openSync(path, 'r');
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}

describe('parts of a file', () => {
  it('are filled one after the other, however many, and empty ones among them', async () => {
    await withFile((file) => {
      fc.assert(
        fc.property(fc.array(fc.nat(4), { maxLength: 1400 }), fc.nat(50), (lengths, position) => {
          const parts = lengths.map((length) => new Uint8Array(length));
          const all = lengths.reduce((sum, length) => sum + length, 0);
          fc.pre(position + all <= BYTES.length);
          readParts(file, parts, position, 'test');
          expect(Buffer.concat(parts).equals(BYTES.subarray(position, position + all))).toBe(true);
        }),
      );
      const many = Array.from({ length: 1200 }, () => new Uint8Array(4));
      readParts(file, many, 100, 'test');
      expect(Buffer.concat(many).equals(BYTES.subarray(100, 4900))).toBe(true);
    });
  });

  it.each([
    ['inside a part', [100, 100], 4850],
    ['between parts', [100, 100], 4900],
    ['before all of them', [1], 5000],
  ])('are refused where the file ends %s', async (_what, lengths, position) => {
    await withFile((file) => {
      const parts = lengths.map((length) => new Uint8Array(length));
      expect(() => readParts(file, parts, position, 'test')).toThrow(IntegrityError);
    });
  });
});
