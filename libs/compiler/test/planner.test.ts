import { RING_NAMES, assertSecure, createParameters, parametersDigest, securityOfParameters } from '@ciphernet/ckks';
import { describe, expect, it } from '@jest/globals';
import { parameterSets } from '../src/candidates.js';
import { circuitFromJson, circuitToJson } from '../src/circuit-json.js';
import type { Circuit } from '../src/circuit.js';
import { spareBits } from '../src/attempt.js';
import { compileCircuit } from '../src/compile.js';
import { compiledFromJson, compiledToBytes } from '../src/compiled.js';
import { explainPlan } from '../src/explain.js';
import { type Plan, gapBits, planFromJson } from '../src/plan.js';
import { planCircuit } from '../src/planner.js';
import { quantise, scaleForBits } from '../src/quantise.js';
import { cheaperRing, totalDeviation } from '../src/ring-choice.js';

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

describe('the planner', () => {
  it.each([
    ['standard', 3],
    // Of the worst slot, which errs by more than that of the standard ring.
    ['conjugate-invariant', 12],
  ] as const)('finds a secure plan within the target for two squares and for one, %s ring', (ring, slack) => {
    const two = planCircuit(twoSquares, calibration, { mode: 'public', ring });
    const one = planCircuit(denseCircuit(20, 16, 10), oneSquare, { mode: 'public', ring });
    for (const [plan, { maxAbs }] of [
      [two, calibration],
      [one, oneSquare],
    ] as const) {
      expect(() => assertSecure(plan.parameters, 'plan')).not.toThrow();
      // Three times the target at most, which a wider gap may cost.
      expect(plan.parameters.ring).toBe(ring);
      expect(plan.predictedError.bound).toBeLessThanOrEqual(slack * Math.max(0.2, (maxAbs.at(-1) ?? 0) / 256));
      expect(plan.maps.every((map) => (map.headroomBits ?? Infinity) >= 1)).toBe(true);
    }
    expect(one.parameters.primes.length).toBeLessThan(two.parameters.primes.length);
  });

  it('tolerates an error in proportion to the logits, and no more than it is told', () => {
    const wide = { ...calibration, maxAbs: [...calibration.maxAbs.slice(0, -1), 1000] };
    const plan = planCircuit(twoSquares, wide, { mode: 'public', ring: 'standard' });
    const { parameters, inputScale, predictedError } = plan;
    // A plan that can be checked position by position may err by three times as much.
    expect(predictedError.bound).toBeLessThanOrEqual((3 * 1000) / 256);
    const given = { parameters, inputScale };
    const strict = { mode: 'public' as const, given, targetError: predictedError.bound / 1000 };
    expect(() => planCircuit(twoSquares, wide, strict)).toThrow(/error bound/);
  });

  it('takes the conjugate-invariant ring where it errs by a negligible share of the logits, and the one that is asked for', () => {
    const plan = planCircuit(twoSquares, calibration, { mode: 'public' });
    expect(plan.parameters.ring).toBe('conjugate-invariant');
    const standard = planCircuit(twoSquares, calibration, { mode: 'public', ring: 'standard' });
    expect(standard.parameters.ring).toBe('standard');
    expect(plan.parameters.primes.length).toBe(standard.parameters.primes.length);
    const text = explainPlan(plan, compileCircuit(twoSquares, plan, { crop: 0, mean: 1 }).circuit);
    expect(text).toContain(`${plan.parameters.ringDegree} real slots`);
    // With logits as small as its error it is not as good, and the standard ring's plan is taken.
    const errs = (share: number): Plan =>
      cheaperRing(
        { ...plan, roundingDeviation: 4 * totalDeviation(standard) },
        standard,
        totalDeviation(standard) / share,
      );
    expect(errs(1e-4).parameters.ring).toBe('conjugate-invariant');
    expect(errs(1e-2).parameters.ring).toBe('standard');
    const strict = {
      mode: 'public' as const,
      targetError: 0.3,
      ring: 'conjugate-invariant' as const,
      verifiable: 'never' as const,
    };
    expect(planCircuit(twoSquares, calibration, strict).predictedError.bound).toBeLessThanOrEqual(0.3);
  });

  it.each(RING_NAMES)(
    'chooses among sets of the %s ring that are secure, all different, with the most bits where there are few',
    (ring) => {
      const sets = parameterSets(ring);
      for (const set of sets) expect(securityOfParameters(set)).toMatchObject({ bits: 128 });
      expect(new Set(sets.map(parametersDigest)).size).toBe(sets.length);
      const small = sets.filter(({ ringDegree, primes }) => ringDegree === 4096 && primes.length === 3);
      expect(
        small.map(({ primes, specialPrime }) => [...primes, specialPrime].map((p) => Math.round(Math.log2(p)))),
      ).toEqual([
        [28, 28, 28, 22],
        [30, 30, 30, 16],
      ]);
    },
  );

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

  it('leaves room for examples √2 times as far out as those that it was calibrated on', () => {
    expect([0, 1, 2, 3].map(spareBits)).toEqual([1, 1, 2, 4]);
    const one = planCircuit(denseCircuit(20, 16, 10), oneSquare, { mode: 'symmetric' });
    const two = planCircuit(twoSquares, calibration, { mode: 'symmetric' });
    expect([one.slotBound, two.slotBound]).toEqual([2 * 60, 4 * 170]);
    const { maps } = planCircuit(twoSquares, calibration, { mode: 'symmetric', verifiable: 'never' });
    maps.forEach(({ headroomBits = Infinity }, map) => expect(headroomBits).toBeGreaterThanOrEqual(spareBits(map)));
    expect(maps.at(-1)?.headroomBits).toBeDefined();
  });

  it('refuses a calibration of another circuit', () => {
    expect(() => planCircuit(twoSquares, oneSquare, { mode: 'public' })).toThrow(/another circuit/);
  });

  it.each([
    // Twice the bound of a complex slot, √2 times that of a real one, and the gap make the modulus.
    ['standard', Math.SQRT2],
    ['conjugate-invariant', 1],
  ] as const)(
    'prefers plans that can be checked position by position, %s ring: no rescale, a gap above every slot',
    (ring, complex) => {
      const plan = planCircuit(twoSquares, calibration, { mode: 'public', ring });
      expect(plan.maps.every(({ rescales }) => rescales === 0)).toBe(true);
      expect(plan.resultPrimes).toBe(plan.parameters.primes.length);
      expect(gapBits(plan)).toBeGreaterThanOrEqual(8);
      const modulus = plan.parameters.primes.reduce((sum, prime) => sum + Math.log2(prime), 0);
      const slots = Math.log2(2 * complex * (plan.slotBound ?? NaN) * plan.resultScale);
      expect(gapBits(plan)).toBeCloseTo(modulus - slots, 9);
      expect(plan.slotBound).toBeGreaterThanOrEqual(4 * (calibration.maxAbs.at(-1) ?? NaN));
      const cheap = planCircuit(twoSquares, calibration, { mode: 'public', verifiable: 'never', ring });
      expect(cheap).not.toHaveProperty('slotBound');
      expect(gapBits(cheap)).toBe(0);
      expect(cheap.parameters.primes.length).toBeLessThan(plan.parameters.primes.length);
    },
  );

  it('takes the widest gap among plans that err alike, unless the plan is to be precise', () => {
    const wide = planCircuit(twoSquares, calibration, { mode: 'public' });
    const { parameters, inputScale } = wide;
    const given = { parameters, inputScale };
    const precise = planCircuit(twoSquares, calibration, { mode: 'public', given, precise: true });
    expect(gapBits(wide)).toBeGreaterThan(gapBits(precise));
    expect(totalDeviation(precise)).toBeLessThan(totalDeviation(wide));
    expect(totalDeviation(wide)).toBeLessThanOrEqual(1.25 * totalDeviation(precise));
  });

  it('says why where no plan can be checked, if only such a one will do', () => {
    const given = { parameters: createParameters(8192, [30, 30, 30], 30), inputScale: 2 ** 21 };
    expect(() => planCircuit(twoSquares, calibration, { mode: 'public', verifiable: 'only', given })).toThrow(
      /no plan: values exceed the modulus/,
    );
  });

  it('explains itself', () => {
    const plan = planCircuit(twoSquares, calibration, { mode: 'public', verifiable: 'never' });
    const text = explainPlan(plan, compileCircuit(twoSquares, plan, { crop: 0, mean: 1 }).circuit);
    for (const word of ['128 bits', 'headroom', 'rescaled by', 'multiply-adds', 'no evaluation keys'])
      expect(text).toContain(word);
  });
});

describe('a compiled circuit', () => {
  const plan = planCircuit(twoSquares, calibration, { mode: 'public', verifiable: 'never' });
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

  it('whose weights are of another plan is refused', () => {
    const scales = twoSquares.maps.map((map) => scaleForBits(map, 4));
    const circuit = circuitToJson(quantise(twoSquares, scales));
    expect(() => circuitFromJson(circuit, 'x')).not.toThrow();
    expect(() => compiledFromJson({ ...json(), circuit }, 'x')).toThrow(
      /weight scales of circuit and plan differ \[x\]/,
    );
  });

  it('with fewer maps than its plan is refused', () => {
    const { maps, ...rest } = json()['circuit'] as { maps: unknown[] };
    const circuit = { ...rest, maps: maps.slice(0, 1) };
    expect(() => circuitFromJson(circuit, 'x')).not.toThrow();
    expect(() => compiledFromJson({ ...json(), circuit }, 'x')).toThrow(/the plan has 3 maps, the circuit 1 \[x\]/);
  });
});
