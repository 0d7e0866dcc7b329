import { describe, expect, it } from '@jest/globals';
import { type Circuit, dequantise, quantise, scaleForBits } from '@ciphernet/network';
import fc from 'fast-check';
import { assertSecure, createParameters, parametersDigest, parametersFromJson } from '../src/ckks-parameters.js';
import { compileCircuit, compiledFromJson, compiledToBytes } from '../src/compiled.js';
import { explainPlan } from '../src/explain.js';
import { planFromJson } from '../src/plan.js';
import { planCircuit } from '../src/planner.js';
import { createModuli, isPrime } from '../src/primes.js';

/** A dense circuit with the given widths: one linear map between neighbours. */
function denseCircuit(...widths: number[]): Circuit {
  const maps = widths.slice(1).map((outputs, i) => {
    const inputs = widths[i] ?? 1;
    const weights = Float64Array.from({ length: inputs * outputs }, (_, k) => Math.sin(k) / Math.sqrt(inputs));
    const range = (length: number): number[] => Array.from({ length }, (_, k) => k);
    return {
      inputs,
      outputs,
      bias: new Float64Array(outputs),
      blocks: [{ outputs: range(outputs), inputs: range(inputs), weights }],
    };
  });
  return { name: 'dense', maps };
}

const twoSquares = denseCircuit(20, 16, 8, 10);
const calibration = { maxAbs: [11, 13, 170], gains: [40, 60, 12, 1], meanGains: [40, 60, 12, 1], examples: 100 };
const oneSquare = { maxAbs: [8, 60], gains: [30, 20, 1], meanGains: [30, 20, 1], examples: 100 };

describe('primes', () => {
  it('are those that SEAL makes of the same bit sizes', () => {
    // CoeffModulus.Create(8192, [30, 30, 30, 30, 30]) of node-seal 7.0.0
    expect(createModuli(8192, [30, 30, 30, 30, 30])).toEqual([
      1073299457, 1073430529, 1073479681, 1073643521, 1073692673,
    ]);
  });

  it('are prime, of their size, and 1 modulo 2N', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1024, 4096, 8192, 16384),
        fc.array(fc.integer({ min: 24, max: 30 }), { minLength: 1, maxLength: 5 }),
        (N, bits) => {
          const moduli = createModuli(N, bits);
          moduli.forEach((p, i) => {
            expect(isPrime(p)).toBe(true);
            expect(p % (2 * N)).toBe(1);
            expect(Math.ceil(Math.log2(p))).toBe(bits[i]);
          });
          expect(new Set(moduli).size).toBe(moduli.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('decide primality as trial division does', () => {
    const byDivision = (n: number): boolean => {
      for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
      return n > 1;
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (n) => expect(isPrime(n)).toBe(byDivision(n))),
      { numRuns: 500 },
    );
    // A strong pseudoprime to base 2, and a Carmichael number.
    expect([2047, 561, 4759123141 % 2].map(isPrime)).toEqual([false, false, false]);
  });

  it.each([[17], [31], [20.5]])('of %s bits are refused', (bits) => {
    expect(() => createModuli(4096, [bits])).toThrow(/use 18 to 30 bits/);
  });
});

describe('security', () => {
  it.each([
    [4096, [28, 28, 28], 22, true],
    [4096, [28, 28, 28], 23, false],
    [8192, [30, 30, 30, 30, 30, 30], 30, true],
    [8192, [30, 30, 30, 30, 30, 30, 30], 30, false],
    [2048, [30], 20, false],
  ])('of N = %i with %j + %i bits is held against the bound', (N, data, special, secure) => {
    const parameters = createParameters(N, data, special);
    const check = (): void => assertSecure(parameters, 'test');
    if (secure) expect(check).not.toThrow();
    else expect(check).toThrow(/over the 128-bit bound/);
  });

  it('digests tell parameter sets apart', () => {
    const digests = [
      createParameters(4096, [28, 28], 30),
      createParameters(8192, [28, 28], 30),
      createParameters(4096, [28, 28], 29),
    ].map(parametersDigest);
    expect(new Set(digests).size).toBe(3);
  });

  it.each([
    ['a composite modulus', { ringDegree: 4096, primes: [8192 * 9 + 1], specialPrime: 1073643521 }, /not a prime/],
    ['a repeated prime', { ringDegree: 4096, primes: [1073643521], specialPrime: 1073643521 }, /twice/],
    ['a strange ring', { ringDegree: 5000, primes: [1073643521], specialPrime: 1073692673 }, /ringDegree/],
    ['no data prime', { ringDegree: 4096, primes: [], specialPrime: 1073692673 }, /primes/],
  ])('refuses %s', (_name, json, message) => {
    expect(() => parametersFromJson(json, 'test')).toThrow(message);
  });
});

describe('the planner', () => {
  it('finds a secure plan within the target for two squares and for one', () => {
    const two = planCircuit(twoSquares, calibration, { mode: 'public' });
    const one = planCircuit(denseCircuit(20, 16, 10), oneSquare, { mode: 'public' });
    for (const [plan, { maxAbs }] of [
      [two, calibration],
      [one, oneSquare],
    ] as const) {
      expect(() => assertSecure(plan.parameters, 'plan')).not.toThrow();
      expect(plan.predictedError.bound).toBeLessThanOrEqual(Math.max(0.2, (maxAbs.at(-1) ?? 0) / 256));
      expect(plan.maps.every((map) => map.headroomBits >= 1)).toBe(true);
    }
    expect(one.parameters.primes.length).toBeLessThan(two.parameters.primes.length);
  });

  it('tolerates an error in proportion to the logits, and no more than it is told', () => {
    const wide = { ...calibration, maxAbs: [...calibration.maxAbs.slice(0, -1), 1000] };
    const plan = planCircuit(twoSquares, wide, { mode: 'public' });
    const { parameters, inputScale, predictedError } = plan;
    expect(predictedError.bound).toBeLessThanOrEqual(1000 / 256);
    const given = { parameters, inputScale };
    const strict = { mode: 'public' as const, given, targetError: predictedError.bound / 1000 };
    expect(() => planCircuit(twoSquares, wide, strict)).toThrow(/error bound/);
  });

  it('keeps the scale below the modulus, however small the logits are', () => {
    const faint = { ...calibration, maxAbs: [0.1, 0.1, 0.1] };
    const { resultScale, resultPrimes, parameters } = planCircuit(twoSquares, faint, { mode: 'public' });
    const modulus = parameters.primes.slice(0, resultPrimes).reduce((product, prime) => product * prime, 1);
    expect(resultScale).toBeLessThan(modulus / 2);
  });

  it('spends less modulus on symmetric encryption or predicts a smaller error', () => {
    const options = { mode: 'public' as const };
    const publicPlan = planCircuit(twoSquares, calibration, options);
    const given = { parameters: publicPlan.parameters, inputScale: publicPlan.inputScale };
    const symmetric = planCircuit(twoSquares, calibration, { mode: 'symmetric', given });
    expect(symmetric.predictedError.bound).toBeLessThan(publicPlan.predictedError.bound);
  });

  it('gives more bits to the map whose rounding moves the logits most', () => {
    const fixed = { parameters: createParameters(8192, [30, 30, 30, 30], 30), inputScale: 2 ** 21 };
    const bitsWith = (roundingEnergies: readonly number[]): number[] =>
      planCircuit(twoSquares, calibration, { mode: 'public', given: fixed, roundingEnergies }).maps.map(
        ({ weightBits }) => weightBits,
      );
    const middle = bitsWith([1, 1e6, 1]);
    const last = bitsWith([1, 1, 1e6]);
    expect(middle[1]).toBeGreaterThan(last[1] ?? 0);
    expect(last[2]).toBeGreaterThan(middle[2] ?? 0);
  });

  it('refuses three squares, saying so', () => {
    const calibration3 = { maxAbs: [1, 1, 1, 1], gains: [1, 1, 1, 1, 1], meanGains: [1, 1, 1, 1, 1], examples: 1 };
    expect(() => planCircuit(denseCircuit(4, 4, 4, 4, 4), calibration3, { mode: 'public' })).toThrow(
      /3 squares.*at most two/,
    );
  });

  it('says which bound was hit: the modulus, or the precision', () => {
    const given = { parameters: createParameters(4096, [30, 30], 24), inputScale: 2 ** 28 };
    expect(() => planCircuit(twoSquares, calibration, { mode: 'public', given })).toThrow(
      /exceed the modulus by [\d.]+ bits/,
    );
    const coarse = { parameters: createParameters(8192, [30, 30, 30, 30], 30), inputScale: 2 ** 10 };
    expect(() => planCircuit(twoSquares, calibration, { mode: 'public', given: coarse })).toThrow(
      /error bound of a logit is/,
    );
  });

  it('refuses a calibration of another circuit', () => {
    expect(() => planCircuit(twoSquares, oneSquare, { mode: 'public' })).toThrow(/another circuit/);
  });

  it('explains itself', () => {
    const plan = planCircuit(twoSquares, calibration, { mode: 'public' });
    const text = explainPlan(plan, compileCircuit(twoSquares, plan, { crop: 0, mean: 1 }).circuit);
    for (const word of ['128 bits', 'headroom', 'rescaled by', 'multiply-adds', 'no evaluation keys'])
      expect(text).toContain(word);
  });
});

describe('a compiled circuit', () => {
  const plan = planCircuit(twoSquares, calibration, { mode: 'public' });
  const compiled = compileCircuit(twoSquares, plan, { crop: 0, mean: 1 });
  const json = (): Record<string, unknown> =>
    JSON.parse(new TextDecoder().decode(compiledToBytes(compiled))) as Record<string, unknown>;

  it('survives its bytes', () => {
    const again = compiledFromJson(json(), 'test');
    expect(again.circuit).toEqual(compiled.circuit);
    expect(compiledToBytes(again)).toEqual(compiledToBytes(compiled));
  });

  it.each([
    ['a scale that its steps do not give', { inputScale: 2 ** 20 }],
    ['more result primes than are left', { resultPrimes: 4 }],
    ['another result scale', { resultScale: 1 }],
  ])('with %s is refused', (_name, change) => {
    const plain = JSON.parse(JSON.stringify(plan)) as object;
    expect(() => planFromJson(plain, 'test')).not.toThrow();
    expect(() => planFromJson({ ...plain, ...change }, 'test')).toThrow(/do not fit together/);
  });

  it('whose plan is of other weights is refused', () => {
    const scales = twoSquares.maps.map((map) => scaleForBits(map, 4));
    const other = compileCircuit(dequantise(quantise(twoSquares, scales)), plan, { crop: 0, mean: 1 });
    expect(() => compiledFromJson({ ...json(), circuit: { ...(json()['circuit'] as object), maps: [] } }, 'x')).toThrow(
      /maps/,
    );
    expect(other.circuit.maps.length).toBe(3);
  });
});
