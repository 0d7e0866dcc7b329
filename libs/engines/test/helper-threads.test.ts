import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { helpersHere, startHelpers } from '../src/wasm/helper-threads.js';
import { hashOnHelper } from '../src/wasm/helpers.js';

describe('a helper thread', () => {
  it('is started once, however often it is asked for', () => {
    startHelpers(1);
    startHelpers(1);
    expect(helpersHere()).toHaveLength(1);
  });

  it('hashes files in the order in which it is asked, of more bytes than it reads at a time', async () => {
    await using folder = await temporaryFolder();
    const contents = [randomBytes(3 * 2 ** 20 + 17), Buffer.alloc(0), randomBytes(100)];
    const paths = contents.map((_, i) => join(folder.path, String(i)));
    await Promise.all(contents.map((content, i) => writeFile(paths[i] ?? '', content)));
    const done: number[] = [];
    const digests = await Promise.all(
      paths.map(async (path, i) => {
        const digest = await hashOnHelper(path);
        done.push(i);
        return digest;
      }),
    );
    expect(digests).toEqual(contents.map((content) => createHash('sha256').update(content).digest('hex')));
    expect(done).toEqual([0, 1, 2]);
  });

  it('says why it cannot, and goes on', async () => {
    await using folder = await temporaryFolder();
    await expect(hashOnHelper(join(folder.path, 'missing'))).rejects.toThrow(/ENOENT/);
    await writeFile(join(folder.path, 'there'), 'x');
    await expect(hashOnHelper(join(folder.path, 'there'))).resolves.toMatch(/^2d711642/);
    expect(helpersHere()).toHaveLength(1);
  });
});
