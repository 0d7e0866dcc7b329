import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ZERO_EXAMPLE, arrange, slotsFor, valuesOfExamples } from '../src/arrangement.js';
import { compareTwins, twinTolerance } from '../src/check.js';

const seedOf = (text: string): Uint8Array => new TextEncoder().encode(text.padEnd(32, '.'));
const CLASSES = 3;

/** Logits of one function of the example, with errors of at most `error`. */
function answer(order: Int32Array, error: number, random: () => number): Float64Array {
  const logits = new Float64Array(order.length * CLASSES);
  order.forEach((example, slot) => {
    for (let k = 0; k < CLASSES; k++) {
      logits[slot * CLASSES + k] = 10 * Math.sin(example * 1.7 + k) + error * (2 * random() - 1);
    }
  });
  return logits;
}

describe('an arrangement', () => {
  it('holds every example, twins of a fiftieth and zeros, in at most 3 % more slots, and gives each back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (examples, seed) => {
          const arrangement = arrange(examples, seed);
          const { order, twins, zeros } = arrangement;
          expect(order.length).toBe(slotsFor(examples));
          if (examples >= 1000) expect(order.length / examples).toBeLessThanOrEqual(1.03);
          expect(twins.length).toBe(Math.min(examples, Math.max(2, Math.ceil(examples / 50))));
          for (const [a, b] of twins) expect([order[a], a === b]).toEqual([order[b], false]);
          for (const slot of zeros) expect(order[slot]).toBe(ZERO_EXAMPLE);
          const placed = Float64Array.from({ length: order.length * 2 }, (_, i) => 2 * (order[i >> 1] ?? 0) + (i % 2));
          const values = [...valuesOfExamples(arrangement, placed, 2)];
          expect(values).toEqual(Array.from({ length: examples * 2 }, (_, i) => i));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is the seed’s: the same one gives the same order, another one another', () => {
    const one = arrange(500, seedOf('one'));
    expect(arrange(500, seedOf('one')).order).toEqual(one.order);
    expect(arrange(500, seedOf('two')).order).not.toEqual(one.order);
  });

  it('puts any example anywhere: each slot holds each of four examples about as often', () => {
    const counts = new Map<string, number>();
    const draws = 4000;
    for (let i = 0; i < draws; i++) {
      arrange(4, randomBytes(32)).order.forEach((example, slot) => {
        if (example !== ZERO_EXAMPLE) counts.set(`${slot} ${example}`, (counts.get(`${slot} ${example}`) ?? 0) + 1);
      });
    }
    // 4 examples and 2 twins of them in 8 slots: each example stands 1.5 times, so 0.1875 a slot.
    const expected = 0.1875 * draws;
    const deviation = Math.sqrt(draws * 0.1875 * 0.8125);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(6 * deviation);
    expect(counts.size).toBe(32);
  });
});

describe('twins and zeros', () => {
  it('are alike in every honest evaluation: 10,000 of them', () => {
    let differing = 0;
    for (let i = 0; i < 10_000; i++) {
      const arrangement = arrange(60, randomBytes(32));
      const logits = answer(arrangement.order, 0.3, Math.random);
      differing += compareTwins(arrangement, logits, CLASSES, twinTolerance(logits, CLASSES)).differing.length;
    }
    expect(differing).toBe(0);
  });

  it('miss an answer that was altered in n slots with the probability of drawing none of theirs', () => {
    const altered = 20;
    const runs = 2000;
    let missed = 0;
    for (let i = 0; i < runs; i++) {
      const arrangement = arrange(1000, randomBytes(32));
      const logits = answer(arrangement.order, 0.05, Math.random);
      const slots = new Set<number>();
      while (slots.size < altered) slots.add(Math.floor(Math.random() * arrangement.order.length));
      for (const slot of slots) logits[slot * CLASSES] = (logits[slot * CLASSES] ?? 0) + 30;
      missed +=
        compareTwins(arrangement, logits, CLASSES, twinTolerance(logits, CLASSES)).differing.length === 0 ? 1 : 0;
    }
    // 20 twins in 40 slots and 5 zeros, of 1,025.
    const expected = (1 - 45 / 1025) ** altered;
    const deviation = Math.sqrt((expected * (1 - expected)) / runs);
    expect(Math.abs(missed / runs - expected)).toBeLessThan(6 * deviation);
  });

  it('refuse what is no number, and one huge logit does not buy tolerance', () => {
    const arrangement = arrange(200, seedOf('huge'));
    const logits = answer(arrangement.order, 0, Math.random);
    const [twin] = arrangement.twins;
    const tolerance = twinTolerance(logits, CLASSES);
    logits[0] = 1e200;
    expect(twinTolerance(logits, CLASSES)).toBeCloseTo(tolerance, 1);
    logits[(twin?.[0] ?? 0) * CLASSES] = NaN;
    expect(compareTwins(arrangement, logits, CLASSES, tolerance).differing.length).toBeGreaterThanOrEqual(1);
  });
});
