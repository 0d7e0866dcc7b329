import { describe, expect, it } from '@jest/globals';
import { digestArgument, integerBetween } from '../src/arguments.js';

describe('an argument', () => {
  it.each([
    ['1', 1],
    ['16', 16],
    ['7', 7],
  ])('that is the whole number %s is taken', (text, value) => expect(integerBetween(1, 16)(text)).toBe(value));

  it.each(['0', '17', '-1', '1.5', 'three', '3x', '', ' ', 'NaN', 'Infinity'])('that is %j is refused', (text) => {
    expect(() => integerBetween(1, 16)(text)).toThrow(
      expect.objectContaining({
        code: 'commander.invalidArgument',
        message: 'must be a whole number from 1 to 16.',
      }),
    );
  });

  it.each(['', ' ', '0x1', '1e1', '0.0'])('that is %j is no number, where 0 is one', (text) => {
    expect(() => integerBetween(-5, 16)(text)).toThrow(/must be a whole number/);
    expect(integerBetween(-5, 16)('-3')).toBe(-3);
  });

  it('that is an address is taken as it was printed', () => {
    const digest = '0123456789abcdef'.repeat(4);
    expect(digestArgument(digest)).toBe(digest);
    for (const bad of [digest.slice(1), digest.toUpperCase(), `sha256:${digest}`, '']) {
      expect(() => digestArgument(bad)).toThrow(/must be the 64 hex digits/);
    }
  });
});
