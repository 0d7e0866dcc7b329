import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOnnx } from '@ciphernet/formats';
import { parseJson } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { type ImportedCircuit, circuitFromOnnx } from '../src/symbolic/circuit-from-onnx.js';
import { inCircuitOrder } from './onnx-oracle.js';

const MODELS = join(import.meta.dirname, '..', '..', '..', 'examples', 'own-models', 'models');

/** What `scripts/models` wrote beside each model: inputs in its own layout, and what its program said. */
interface Expected {
  readonly divisor: number;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

describe('models of other programs', () => {
  it.each<[string, readonly number[], Partial<ImportedCircuit>]>([
    [
      'breast-cancer-logistic',
      [],
      { outputs: 1, link: 'sigmoid', task: 'classification', classes: ['benign', 'malignant'] },
    ],
    [
      'breast-cancer-bayes',
      [60],
      { outputs: 2, link: 'softmax', task: 'classification', classes: ['benign', 'malignant'] },
    ],
    [
      'breast-cancer-svc',
      [31],
      { outputs: 1, link: 'score', task: 'classification', classes: ['benign', 'malignant'] },
    ],
    ['wine-mlp', [12], { outputs: 3, link: 'softmax', task: 'classification' }],
    ['diabetes-ridge', [], { outputs: 1, link: 'identity', task: 'regression' }],
    ['fashion-cnn', [1728, 64], { outputs: 10, link: 'identity', task: 'unknown' }],
    ['shapes-cnn', [1200, 384], { outputs: 5, link: 'identity', task: 'unknown' }],
  ])('%s gives what the program that trained it gives', async (name, squares, facts) => {
    const { graph } = await readOnnx(join(MODELS, `${name}.onnx`));
    const imported = circuitFromOnnx(graph, name);
    expect(imported).toMatchObject(facts);
    expect(imported.circuit.maps.slice(0, -1).map(({ outputs }) => outputs)).toEqual(squares);
    const file = join(import.meta.dirname, 'fixtures', 'onnx', `${name}.json`);
    const expected = parseJson(await readFile(file, 'utf8'), file) as Expected;
    const scores = expected.inputs.flatMap((input) => {
      const values = Float32Array.from(input, (value) => value / expected.divisor);
      return [...evaluateCircuit(imported.circuit, inCircuitOrder(values, imported))];
    });
    const wanted = expected.outputs.flat();
    expect(scores.length).toBe(wanted.length);
    const range = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scores.forEach((score, i) => expect(Math.abs(score - (wanted[i] ?? NaN)) / range).toBeLessThan(1e-5));
  });
});
