import { preprocessingSchema } from '@ciphernet/datasets';
import { describe, expect, it } from '@jest/globals';
import type { ModelRecord } from '../src/record.js';
import { assertTakesPixels } from '../src/own/takes-pixels.js';

const digest = 'ab'.repeat(32);
const array = { kind: 'array', height: 28, width: 28, channels: 1 } as const;

function recordWith(offset: number, scale: number): ModelRecord {
  const preprocessing = preprocessingSchema.parse({ ...array, offset: [offset], scale: [scale] });
  return { version: 3, preprocessing } as unknown as ModelRecord;
}

describe('a model of a file on a dataset by its name', () => {
  it('reads pixels as they are, or is refused', () => {
    expect(() => assertTakesPixels({ digest, record: recordWith(0, 1) })).not.toThrow();
    expect(() => assertTakesPixels({ digest, record: { version: 2 } as unknown as ModelRecord })).not.toThrow();
    for (const [offset, scale] of [
      [0.5, 1],
      [0, 0.5],
    ] as const) {
      expect(() => assertTakesPixels({ digest, record: recordWith(offset, scale) })).toThrow(
        /shifts or scales.*give the data as a file/,
      );
    }
  });
});
