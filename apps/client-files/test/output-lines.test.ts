import { describe, expect, it } from '@jest/globals';
import { logitLines, predictionLines } from '../src/output-lines.js';

const three = Float64Array.of(0.1, 0.9, -2, 5, 5, 4);

describe('lines of outputs', () => {
  it('have the number of the largest output, the first of equals', () => {
    expect(predictionLines(three, { link: 'softmax', outputs: 3 })).toBe('1\n0\n');
  });

  it.each([
    ['identity', '1\n0\n0\n'],
    ['sigmoid', '1\n1\n0\n'],
  ] as const)('of one output as %s have 1 above its threshold', (link, lines) => {
    expect(predictionLines(Float64Array.of(0.7, 0.2, -0.1), { link, outputs: 1 })).toBe(lines);
  });

  it('have all outputs where they are asked for', () => {
    expect(logitLines(three, 3)).toBe('0.1,0.9,-2\n5,5,4\n');
  });
});
