import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { main as countCost } from '../src/count-cost.js';
import { main as encryptEvaluateDecrypt } from '../src/encrypt-evaluate-decrypt.js';
import { main as planANetwork } from '../src/plan-a-network.js';
import { randomNetwork } from '../src/random-network.js';
import { main as readATfjsModel, writeModel } from '../src/read-a-tfjs-model.js';
import { main as simulateAccuracy } from '../src/simulate-accuracy.js';

describe('plan-a-network', () => {
  it('plans two squares at 128 bits and explains every map', () => {
    const { compiled, explanation } = planANetwork();
    expect(compiled.plan.maps).toHaveLength(3);
    expect(compiled.plan.predictedError.bound).toBeLessThan(0.6);
    expect(explanation).toMatch(/^security +128 bits/m);
    expect(explanation).toMatch(/^map 2 +32 → 10, \d-bit weights/m);
  });
});

describe('encrypt-evaluate-decrypt', () => {
  it('decrypts logits within the error that the planner promised, and not exactly', async () => {
    const { largestError, bound } = await encryptEvaluateDecrypt();
    expect(largestError).toBeGreaterThan(0);
    expect(largestError).toBeLessThan(bound);
  });
});

describe('simulate-accuracy', () => {
  it('expects the encrypted accuracy of a nearest-mean classifier to be its own', async () => {
    await using folder = await temporaryFolder();
    const { base, simulated } = await simulateAccuracy(folder.path);
    expect(base).toBeGreaterThan(0.75);
    expect(Math.abs(simulated - base)).toBeLessThan(0.005);
  });
});

describe('read-a-tfjs-model', () => {
  it('lists the layers of a model with the shapes that they give', async () => {
    await using folder = await temporaryFolder();
    await writeModel(folder.path, randomNetwork(14, 4, 32, 10));
    const lines = await readATfjsModel(folder.path);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/: conv \(conv2d\) → 6×6×4$/);
    expect(lines[5]).toMatch(/: logits \(dense\) → 1×1×10$/);
  });

  it('names the layer that cannot be evaluated, and what to do', async () => {
    await using folder = await temporaryFolder();
    const layers = [
      { class_name: 'Flatten', config: { name: 'flatten', batch_input_shape: [null, 4, 4, 1] } },
      { class_name: 'ReLU', config: { name: 'activation' } },
    ];
    const modelTopology = { class_name: 'Sequential', config: { name: 'with ReLU', layers } };
    const weightsManifest = [{ paths: ['weights.bin'], weights: [] }];
    await writeFile(join(folder.path, 'model.json'), JSON.stringify({ modelTopology, weightsManifest }));
    await writeFile(join(folder.path, 'weights.bin'), '');
    const [line] = await readATfjsModel(folder.path);
    expect(line).toMatch(/ReLU cannot be evaluated under encryption \[layer activation\].*square or polynomial/);
  });
});

describe('count-cost', () => {
  it('counts a ciphertext a pixel, and a quarter of them after a mean of 2×2', () => {
    const costs = new Map(countCost().map((cost) => [cost.network, cost]));
    expect(costs.get('cnn')).toMatchObject({ squares: 2, ciphertexts: 784, products: 116_352, uploadBytes: 31_360 });
    expect(costs.get('cnn-light')).toMatchObject({ ciphertexts: 196, uploadBytes: 7_840 });
    expect(costs.get('mlp')?.squares).toBe(1);
  });

  it('counts the channels of colour images', () => {
    const colour = countCost({ height: 32, width: 32, channels: 3 });
    expect(colour.find(({ network }) => network === 'mlp')?.ciphertexts).toBe(3072);
  });
});
