import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onnxFromBytes } from '@ciphernet/formats';
import { InputError, UnsupportedError } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { circuitFromOnnx } from '../src/symbolic/circuit-from-onnx.js';
import { CASES } from './onnx-cases.js';
import { modelBytes } from './onnx-graphs.js';
import { lcg } from './random-network.js';

const MODELS = join(import.meta.dirname, '..', '..', '..', 'examples', 'own-models', 'models');

/** Edits a few bytes, of the structure (the first and last kilobyte) more often than of the weights. */
function mutate(whole: Uint8Array, random: () => number): Uint8Array {
  const bytes = whole.slice(0, random() < 0.05 ? Math.floor(random() * whole.length) : whole.length);
  const edits = 1 + Math.floor(random() * 3);
  for (let i = 0; i < edits; i++) {
    const near = Math.floor(random() * Math.min(1024, bytes.length));
    const at = random() < 0.5 ? near : bytes.length - 1 - near;
    bytes[at] = Math.floor(random() * 256);
  }
  return bytes;
}

describe('damaged models', () => {
  it('throw errors that a person can act on, and nothing else', async () => {
    const names = (await readdir(MODELS)).filter((name) => !name.includes('cnn'));
    const files = await Promise.all(names.map((name) => readFile(join(MODELS, name))));
    const all = [...files.map((file) => new Uint8Array(file)), ...Object.values(CASES).map(modelBytes)];
    const random = lcg(77);
    let survived = 0;
    for (let run = 0; run < 1500; run++) {
      const bytes = mutate(all[run % all.length] ?? new Uint8Array(0), random);
      try {
        circuitFromOnnx(onnxFromBytes(bytes, 'damaged.onnx').graph, 'damaged');
        survived++;
      } catch (error) {
        if (!(error instanceof InputError || error instanceof UnsupportedError)) throw error;
      }
    }
    // Both happen: the mutations are neither all fatal nor all harmless.
    expect(survived).toBeGreaterThan(150);
    expect(survived).toBeLessThan(1350);
  });
});
