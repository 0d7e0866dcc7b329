import { batchSource } from '@ciphernet/artifacts';
import { compiledToBytes, dequantise, evaluateCircuit, explainPlan } from '@ciphernet/compiler';
import { sha256Hex } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { engineNamed } from '../src/engines.js';
import { createOwner } from './encrypted-circuit.js';
import { IMAGES, RECORDED, goldenCircuit } from './golden.js';

describe.each(RECORDED)('the recorded $network under $mode encryption, $ring ring', (golden) => {
  const { compiled, features } = goldenCircuit(golden);
  const { plan, circuit } = compiled;

  it('compiles to the same circuit and plan, explained in the same words', () => {
    expect(plan.parameters.ringDegree).toBe(golden.ringDegree);
    expect(sha256Hex(compiledToBytes(compiled))).toBe(golden.compiled);
    // The last lines, the ring and whether the plan can be checked, are younger than the record.
    const lines = explainPlan(plan, circuit).split('\n');
    expect(lines.at(-1)).toMatch(/^verifiable {3}no/);
    expect(sha256Hex(lines.slice(0, -2).join('\n'))).toBe(golden.explanation);
  });

  it('decrypts to the same logits within the planned error, encrypted anew', async () => {
    const plain = evaluateCircuit(dequantise(circuit), features);
    plain.subarray(0, 5).forEach((logit, k) => expect(logit).toBeCloseTo(golden.firstLogits[k] ?? NaN, 12));
    await using owner = await createOwner(plan.parameters, golden.mode);
    const shard = await owner.encrypt(features, IMAGES, plan.inputScale, 64);
    const logits = owner.decrypt(await engineNamed('simd').evaluate(compiled, batchSource(shard)));
    logits.forEach((logit, k) => expect(Math.abs(logit - (plain[k] ?? NaN))).toBeLessThan(plan.predictedError.bound));
  });
});
