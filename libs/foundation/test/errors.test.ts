import { describe, expect, it } from '@jest/globals';
import {
  DeviceError,
  EvaluationError,
  InputError,
  IntegrityError,
  UnavailableError,
  UnsupportedError,
  exitCodeOf,
  isUnrecoverable,
  messageOf,
  printable,
} from '../src/errors.js';
import { parseJson, parseOrThrow } from '../src/parse.js';

describe('errors', () => {
  it('say what, where and what to do in one line', () => {
    const error = new InputError('no such thing', { where: '--thing', hint: 'use another' });
    expect(messageOf(error)).toBe('no such thing [--thing] — use another');
    expect(messageOf(new Error('two\n  lines'))).toBe('two lines');
  });

  it.each<[string, unknown, number, boolean]>([
    ['an InputError', new InputError('x'), 2, true],
    ['an IntegrityError', new IntegrityError('x'), 3, true],
    ['an UnsupportedError', new UnsupportedError('x'), 4, true],
    ['an UnavailableError', new UnavailableError('x'), 5, false],
    ['a DeviceError', new DeviceError('x'), 5, false],
    ['an EvaluationError', new EvaluationError('x'), 1, false],
    ['an abort', new DOMException('x', 'AbortError'), 130, false],
    ['any other error', new Error('x'), 1, false],
    ['a thrown text', 'text', 1, false],
  ])('%s has its exit code', (_name, error, code, unrecoverable) => {
    expect(exitCodeOf(error)).toBe(code);
    expect(isUnrecoverable(error)).toBe(unrecoverable);
  });

  it('about JSON never quote it', () => {
    expect(() => parseJson('{"secret": 42', 'file')).toThrow(/^not JSON \[file\]/);
  });

  it('list the fields that are wrong', () => {
    const schema = {
      safeParse: () => ({ success: false as const, error: { issues: [{ path: ['a', 0], message: 'is odd' }] } }),
    };
    expect(() => parseOrThrow(schema, {}, 'job')).toThrow('not valid: a.0: is odd [job]');
  });
});

describe('text from elsewhere', () => {
  it('reaches a terminal without what moves its cursor, recolours it or turns the line around', () => {
    expect(messageOf(new Error('a\u001b[2K\rb\u202ec'))).toBe('a\ufffd[2K\ufffdb\ufffdc');
    expect(printable('two\nlines\tand é, 字')).toBe('two\nlines\tand é, 字');
  });
});
