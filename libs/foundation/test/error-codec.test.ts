import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeError, encodeError, errorFromLine, errorToLine } from '../src/error-codec.js';
import {
  DeviceError,
  EvaluationError,
  InputError,
  IntegrityError,
  UnavailableError,
  UnsupportedError,
} from '../src/errors.js';

const KINDS = [InputError, IntegrityError, UnsupportedError, UnavailableError, DeviceError, EvaluationError] as const;

/** Messages as errors have them: one line. */
const text = fc.string({ minLength: 1 }).map((s) => s.replace(/\s+/g, ' ').trim() || 'x');

describe('an error that crosses a border', () => {
  it.each(KINDS.map((Kind) => [Kind.name, Kind] as const))('is an %s again, word for word', (_name, Kind) => {
    fc.assert(
      fc.property(
        text,
        fc.option(text, { nil: undefined }),
        fc.option(text, { nil: undefined }),
        (what, where, hint) => {
          const error = new Kind(what, {
            ...(where === undefined ? {} : { where }),
            ...(hint === undefined ? {} : { hint }),
          });
          for (const again of [decodeError(encodeError(error)), errorFromLine(errorToLine(error), 'job')]) {
            expect(again).toBeInstanceOf(Kind);
            expect({ name: again.name, message: again.message }).toEqual({ name: error.name, message: error.message });
          }
        },
      ),
    );
  });

  it('leaves stack and cause behind', () => {
    const error = new InputError('what', { cause: new Error('/home/me/secret') });
    expect(Object.keys(encodeError(error)).sort()).toEqual(['message', 'name']);
    expect(structuredClone(encodeError(error))).toEqual({ name: 'InputError', message: 'what' });
    expect(decodeError(encodeError(error)).cause).toBeUndefined();
  });

  it.each(['Error', 'TypeError', 'AbortError', 'constructor', 'toString', '__proto__', ''])(
    'named %j, of no kind of ours, is a plain Error',
    (name) => {
      const again = decodeError({ name, message: 'text' });
      expect(Object.getPrototypeOf(again)).toBe(Error.prototype);
      expect(again.message).toBe('text');
    },
  );

  it('may be whatever was thrown', () => {
    expect(encodeError('text')).toEqual({ name: 'Error', message: 'text' });
    expect(encodeError(undefined)).toEqual({ name: 'Error', message: 'undefined' });
    expect(encodeError({ name: 7 })).toMatchObject({ name: 'Error' });
    expect(encodeError(new DOMException('stop', 'AbortError')).name).toBe('AbortError');
    expect(encodeError(Object.assign(new Error('two\n  lines'), { name: 'InputError' }))).toEqual({
      name: 'InputError',
      message: 'two lines',
    });
  });

  it('is one line where only a line is kept', () => {
    expect(errorToLine(new IntegrityError('a\nb', { where: 'c', hint: 'd' }))).toBe('IntegrityError: a b [c] — d');
    expect(errorToLine(new RangeError('x'))).toBe('RangeError: x');
    fc.assert(fc.property(fc.string(), (message) => expect(errorToLine(new Error(message))).not.toContain('\n')));
  });

  it.each(['RangeError: x', 'job stalled more than allowable limit', 'InputErrors: x', 'an InputError: x', ''])(
    'is an EvaluationError of its place where the line is %j',
    (line) => {
      const error = errorFromLine(line, 'infer job 7');
      expect(error).toBeInstanceOf(EvaluationError);
      expect(error.message).toBe(`${line} [infer job 7]`);
    },
  );
});
