import { describe, expect, it } from '@jest/globals';
import { sizeText } from '../src/format.js';
import { marginsOf } from '../src/margins.js';
import { confusionMatrix, logitError } from '../src/metrics.js';

describe('metrics', () => {
  it('count true against predicted classes', () => {
    const matrix = confusionMatrix(Uint8Array.of(0, 1, 1, 2), Uint8Array.of(0, 1, 2, 2), 3);
    expect(matrix).toEqual([
      [1, 0, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect(() => confusionMatrix(Uint8Array.of(3), Uint8Array.of(0), 3)).toThrow(RangeError);
    expect(() => confusionMatrix(Uint8Array.of(1, 2), Uint8Array.of(0), 3)).toThrow(RangeError);
  });

  it('state the error of logits in bits', () => {
    const { rms, largest, bits } = logitError([1, 2, 8.5], [1, 2, 8]);
    expect(rms).toBeCloseTo(0.5 / Math.sqrt(3));
    expect(largest).toBe(0.5);
    expect(bits).toBeCloseTo(Math.log2(8 / rms));
  });
});

describe('margins', () => {
  it('count images by the gap of their two highest logits, in powers of two', () => {
    const logits = [5, 1, 4.5, /* 0.5 */ 0, 0, -9, /* 0 */ 100, 0, 3, /* 97 */ -1, -3, -2.001 /* 1.001 */];
    const { edges, counts, uncertain } = marginsOf(logits, 3, 0.3);
    const at = (edge: number): number => counts[edges.indexOf(edge)] ?? NaN;
    expect([at(0), at(0.5), at(1), at(32)]).toEqual([1, 1, 1, 1]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
    expect(uncertain).toBe(2);
    expect(marginsOf(logits, 3)).not.toHaveProperty('uncertain');
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [50_200, '50.2 kB'],
    [616_000_000, '616 MB'],
  ])('%i bytes read %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
});
