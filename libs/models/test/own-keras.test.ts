import { fileURLToPath } from 'node:url';
import { readKeras } from '@ciphernet/formats';
import { describe, expect, it } from '@jest/globals';
import { interpretModel } from '../src/own/interpret.js';

const path = (name: string): string =>
  fileURLToPath(new URL(`../../formats/test/fixtures/keras/${name}`, import.meta.url));

describe('a model of Keras', () => {
  it.each([
    ['wine-mlp.keras', 'softmax', 3],
    ['wine-mlp.h5', 'softmax', 3],
    ['image-cnn.h5', 'sigmoid', 1],
  ])('in %s ends with the link %s of its last activation', async (file, link, outputs) => {
    const interpreted = interpretModel({ kind: 'layers', artifact: await readKeras(path(file)) }, file);
    expect(interpreted.answers.link).toBe(link);
    expect(interpreted.outputs).toBe(outputs);
  });
});
