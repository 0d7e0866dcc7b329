import { createParameters } from '@ciphernet/ckks';
import { lower } from '@ciphernet/compiler';
import { describe, expect, it } from '@jest/globals';
import { sealEngine } from '../src/seal/engine.js';
import { createOwner, measureError } from './encrypted-circuit.js';
import { lcg, randomNetwork } from './random-circuit.js';

describe('the predicted error', () => {
  it('is not a bound that anything would meet: the error of the seal engine is within a factor of 300 of it', async () => {
    await using owner = await createOwner(createParameters(1024, [30, 30, 30, 30], 30));
    const s = {
      side: 6,
      kernel: 3,
      stride: 1,
      padding: 'valid',
      filters: 2,
      hidden: 4,
      squares: 2,
      polynomial: false,
      seed: 7,
    } as const;
    const random = lcg(s.seed);
    const circuit = lower(randomNetwork(s, random));
    const features = Float32Array.from({ length: 400 * 36 }, random);
    const { largest, predicted } = await measureError(owner, sealEngine, circuit, features, 400);
    expect(largest).toBeGreaterThan(predicted.bound / 300);
  });
});
