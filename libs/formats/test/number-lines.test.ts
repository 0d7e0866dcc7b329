import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseNumberLines } from '../src/datasets/number-lines.js';

const parse = (text: string, width: number): number[] => [...parseNumberLines(Buffer.from(text), width, 'pixels.txt')];

describe('lines of numbers', () => {
  it.each<[string, string, number[]]>([
    ['blanks', '0.5 1\n0 0.25\n', [0.5, 1, 0, 0.25]],
    ['tabs, commas and semicolons', '1,2\n3;4\n5\t6', [1, 2, 3, 4, 5, 6]],
    ['blank lines and returns', '\r\n1 2\r\n\r\n3 4\r\n\n', [1, 2, 3, 4]],
    ['signs, points and exponents', '-1.5 +2\n.5 1e-2', [-1.5, 2, 0.5, Math.fround(0.01)]],
    ['more digits than a double has', '0.3333333333333333333 1\n', [Math.fround(1 / 3), 1]],
  ])('are read with %s', (_name, text, values) => {
    expect(parse(text, 2)).toEqual(values);
  });

  it('give what Number gives, rounded to single precision, however they are written', () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((byte) => (byte / 255).toFixed(6)),
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (texts) => {
        expect(parse(texts.join(' '), texts.length)).toEqual(texts.map((text) => Math.fround(Number(text))));
      }),
    );
  });

  it.each<[string, string, RegExp]>([
    ['too few values', '1 2\n3\n', /1 values, 2 are expected \[pixels.txt, line 2\]/],
    ['too few in the last line', '1 2\n3', /line 2/],
    ['too many values', '1 2\n3 4 5\n', /more than 2 values \[pixels.txt, line 2\]/],
    ['a word', '1 two\n', /'two' is no number \[pixels.txt, line 1\]/],
    ['a number that is not finite', '1 1e999\n', /is no number/],
    ['two points', '1 0.1.2\n', /is no number/],
    ['nothing', ' \n \n', /no numbers/],
  ])('with %s are refused, naming the line', (_name, text, message) => {
    expect(() => parse(text, 2)).toThrow(message);
  });
});
