import { describe, it } from '@jest/globals';
import { CASES } from './onnx-cases.js';
import { expectSame } from './onnx-oracle.js';

describe('operators of ONNX that are linear', () => {
  it.each(Object.entries(CASES))('%s computes what ONNX Runtime computes', async (_, plan) => {
    await expectSame(plan);
  });
});
