import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createParameters } from '@ciphernet/ckks';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { circuitPath, readCircuit, readClientPart, writeCompiled } from '../src/compiled-folder.js';

const client = {
  name: 'small',
  packing: 'slots',
  parameters: createParameters(4096, [30, 30], 30, 'conjugate-invariant'),
  mode: 'symmetric',
  inputScale: 2 ** 16,
  result: { scale: 2 ** 40, primes: 1, components: 3 },
  height: 1,
  width: 1,
  channels: 4,
  transform: { crop: 0, mean: 1 },
  features: 4,
  outputs: 2,
  link: 'softmax',
} as const;

describe('a compiled model in a folder', () => {
  it('has a client side that names its circuit, which only its owner can read', async () => {
    await using folder = await temporaryFolder();
    const written = await writeCompiled(folder.path, client, [Buffer.from('{}')]);
    expect(await readClientPart(folder.path)).toEqual(written);
    expect(written.circuit).toMatch(/^44136fa3/);
    expect((await stat(circuitPath(folder.path, 'slots'))).mode & 0o777).toBe(0o600);
  });

  it('is refused when its circuit is another one, or is missing', async () => {
    await using folder = await temporaryFolder();
    const written = await writeCompiled(folder.path, client, [Buffer.from('{}')]);
    await chmod(circuitPath(folder.path, 'slots'), 0o600);
    await writeFile(circuitPath(folder.path, 'slots'), '{ }');
    await expect(readCircuit(folder.path, written)).rejects.toThrow(/not the one that the client side names/);
    await expect(readCircuit(join(folder.path, 'nothing'), written)).rejects.toThrow(/no compiled model/);
    expect(await readFile(circuitPath(folder.path, 'slots'), 'utf8')).toBe('{ }');
  });
});
