import { batchSource, pairValues } from '@ciphernet/artifacts';
import type { EncryptionMode } from '@ciphernet/ckks';
import { compiledToBytes, dequantise, evaluateCircuit, explainPlan } from '@ciphernet/compiler';
import { sha256Hex } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { engineNamed } from '../src/engines.js';
import { createOwner } from './encrypted-circuit.js';
import { IMAGES, goldenCircuit, goldenShard } from './golden.js';

interface Golden {
  readonly network: 'mlp' | 'cnn';
  readonly mode: EncryptionMode;
  readonly ringDegree: number;
  readonly compiled: string;
  readonly explanation: string;
  readonly residues: string;
  readonly paired: string;
  readonly firstLogits: readonly number[];
}

/** Recorded with commit 514e123: moving code must not move a bit of what it computes. */
const RECORDED: readonly Golden[] = [
  {
    network: 'mlp',
    mode: 'public',
    ringDegree: 4096,
    compiled: '7ee29ea2a3bea3c592421aaef45f3b45cc37207eaa2fb2b0bbf74afd2961acb5',
    explanation: 'bb415d6311371124db7dc3c87d909ed65972256850208642b2a05bd3981d2b0d',
    residues: 'bd227580a34e889377d6bb8a72b2ea9aa98fc3ff94de7638e187134b0347109b',
    paired: '352e763c86daf44e12c643df2e52e6acd437a41515adf75a56492e7aa2b8465e',
    firstLogits: [
      0.1093091064793153, -0.45226449498910226, 0.010884611699196467, 0.15822375644844355, -0.5388345176839753,
    ],
  },
  {
    network: 'mlp',
    mode: 'symmetric',
    ringDegree: 4096,
    compiled: '0d8696f2e4d661762de7f47a6997441a5bcc8e456c276a2f7d4c97e399eae1a4',
    explanation: '23662eb6f04dc67183aa33026b81410e3b178ab00e78e5b0cac219d4ba1093dc',
    residues: 'aae436829692230094f00eb85c3557483282c69b01cf3f0b1ffa7f92757945be',
    paired: '43972b8ed1e0a1e7c97690c8f2bb0299fdcf73bf02ae1a45836d30a279bda9e3',
    firstLogits: [
      0.10931257560341595, -0.4522509168215502, 0.011030343594881989, 0.15805344191399148, -0.5382018178209266,
    ],
  },
  {
    network: 'cnn',
    mode: 'public',
    ringDegree: 8192,
    compiled: 'aba7adf1c67d1fa8b10f8322948d87bea1e809bcfaac147c6f9d78328b02e8f6',
    explanation: '85d3e31828386ad738518176aac9a7c8f1ff553b01de521d09d14f45c4cae9b1',
    residues: '04382b6dd181909e507ebcd4e9bf6bd38e957dc5b00f2f70a14c6e173a3e30e3',
    paired: '246405e6a178574a436e7a8614afef25616a3aad5a584482cee84f6c4f17f3d3',
    firstLogits: [
      0.0749954377243083, -0.3736634035529276, 0.06126927594095907, 0.04838126120679978, -0.02834366265463284,
    ],
  },
];

const digestOf = (words: Uint32Array): string =>
  sha256Hex(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));

describe.each(RECORDED)('the recorded $network under $mode encryption', (golden) => {
  const { compiled, features } = goldenCircuit(golden.network, golden.mode);
  const { plan, circuit } = compiled;

  it('compiles to the same circuit and plan, explained in the same words', () => {
    expect(plan.parameters.ringDegree).toBe(golden.ringDegree);
    expect(sha256Hex(compiledToBytes(compiled))).toBe(golden.compiled);
    expect(sha256Hex(explainPlan(plan, circuit))).toBe(golden.explanation);
  });

  it.each(['simd', 'seal'])(
    'evaluates to the same residues with %s, and they travel as the same pairs',
    async (name) => {
      const batch = await engineNamed(name).evaluate(compiled, batchSource(goldenShard(compiled)));
      expect(digestOf(batch.residues)).toBe(golden.residues);
      expect(digestOf(pairValues(batch).residues)).toBe(golden.paired);
    },
  );

  it('decrypts to the same logits within the planned error, encrypted anew', async () => {
    const plain = evaluateCircuit(dequantise(circuit), features);
    plain.subarray(0, 5).forEach((logit, k) => expect(logit).toBeCloseTo(golden.firstLogits[k] ?? NaN, 12));
    await using owner = await createOwner(plan.parameters, golden.mode);
    const shard = await owner.encrypt(features, IMAGES, plan.inputScale, 64);
    const logits = owner.decrypt(await engineNamed('simd').evaluate(compiled, batchSource(shard)));
    logits.forEach((logit, k) => expect(Math.abs(logit - (plain[k] ?? NaN))).toBeLessThan(plan.predictedError.bound));
  });
});
