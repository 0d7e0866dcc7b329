import { describe, expect, it } from '@jest/globals';
import { checkPace } from '../src/s3-transfer.js';

const MB = 1_000_000;

describe('a transfer from a store', () => {
  it('may take a minute, and beyond it 64 KiB a second', () => {
    expect(() => checkPace(1, MB, 59_000, 'blob')).not.toThrow();
    expect(() => checkPace(200 * MB, 200 * MB, 600_000, 'blob')).not.toThrow();
    // A byte every five seconds.
    expect(() => checkPace(13, MB, 65_000, 'blob')).toThrow(/less than 65536 bytes a second.*blob/);
    expect(() => checkPace(MB, 200 * MB, 120_000, 'blob')).toThrow(/tried again/);
  });

  it('ends where the store said that it would: a body without end is refused', () => {
    expect(() => checkPace(MB, MB, 0, 'blob')).not.toThrow();
    expect(() => checkPace(MB + 1, MB, 0, 'blob')).toThrow(/a blob of 1000000 bytes goes on beyond its end/);
  });
});
