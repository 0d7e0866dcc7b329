import { createParameters, slotsOf } from '@ciphernet/ckks';
import { describe, expect, it } from '@jest/globals';
import { createEncryptionPool } from '../src/encryption-pool.js';
import { ENCRYPTION_STEPS, createStepSeconds, secondsOfSteps, stepClock } from '../src/encryption-steps.js';
import { generateKeys } from '../src/generate.js';

const THREADS = 2;

describe('the steps of an encryption', () => {
  it('are counted by thread and step, and hand on what the work returns', () => {
    const seconds = createStepSeconds(THREADS);
    expect(stepClock(undefined, 0)('masks', () => 3)).toBe(3);
    expect(stepClock(seconds, 1)('masks', () => 4)).toBe(4);
    const at = ENCRYPTION_STEPS.length + ENCRYPTION_STEPS.indexOf('masks');
    expect([...seconds.keys()].filter((i) => (seconds[i] ?? 0) > 0)).toEqual([at]);
    seconds[0] = 1;
    seconds[ENCRYPTION_STEPS.length] = 2;
    expect(secondsOfSteps(seconds)[ENCRYPTION_STEPS[0]]).toBe(3);
  });

  it.each([
    ['symmetric', 'conjugate-invariant', true],
    ['symmetric', 'standard', false],
    ['public', 'conjugate-invariant', true],
    ['public', 'standard', false],
  ] as const)(
    'take the threads’ time with the %s key in the %s ring, in wide vectors: %s',
    async (mode, ring, isWide) => {
      const parameters = createParameters(4096, [28, 28, 28], 22, ring);
      const keys = await generateKeys(parameters);
      const steps = createStepSeconds(THREADS);
      const key = mode === 'public' ? keys.publicKey : keys.secretKey;
      await using pool = await createEncryptionPool({ parameters, mode, key, isWide, steps }, THREADS);
      const [images, features] = [slotsOf(parameters), 24];
      const started = performance.now();
      using shard = await pool.encryptShard(
        { images, features: new Float32Array(images * features).fill(0.5) },
        { scale: 63, tile: 4 },
      );
      await shard.positions;
      const spent = (THREADS * (performance.now() - started)) / 1000;
      const seconds = secondsOfSteps(steps);
      const without = ENCRYPTION_STEPS.filter((step) => seconds[step] === 0);
      expect(without).toEqual(mode === 'public' ? ['masks'] : []);
      const total = ENCRYPTION_STEPS.reduce((sum, step) => sum + seconds[step], 0);
      expect(total).toBeLessThanOrEqual(spent);
    },
  );
});
