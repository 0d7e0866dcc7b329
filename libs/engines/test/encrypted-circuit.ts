import { type Batch, batchSource, batchToBytes, parseBatch, shardHeader } from '@ciphernet/artifacts';
import type { CkksParameters } from '@ciphernet/ckks';
import {
  type Calibration,
  type Circuit,
  type CompiledCircuit,
  calibrate,
  compileCircuit,
  dequantise,
  evaluateCircuit,
  planCircuit,
} from '@ciphernet/compiler';
import { NO_TRANSFORM } from '@ciphernet/datasets';
import { createEncryptionPool, createResultDecryptor, fingerprintOf, generateKeys } from '@ciphernet/keyring';
import type { Engine } from '../src/engine.js';

/** Keys and encryption for tests: real SEAL, small rings. */
export interface TestOwner extends AsyncDisposable {
  readonly parameters: CkksParameters;
  encrypt(features: Float32Array, images: number, scale: number, tile: number): Promise<Batch>;
  decrypt(result: Batch): Float64Array;
}

export async function createOwner(
  parameters: CkksParameters,
  mode: 'public' | 'symmetric' = 'public',
): Promise<TestOwner> {
  const keys = await generateKeys(parameters);
  const fingerprint = fingerprintOf(keys.publicKey);
  const key = mode === 'public' ? keys.publicKey : keys.secretKey;
  const pool = await createEncryptionPool({ parameters, mode, key }, 1);
  const decryptor = await createResultDecryptor({ parameters, fingerprint, bytes: keys.secretKey });
  return {
    parameters,
    async encrypt(features, images, scale, tile) {
      const { residues, seed } = await pool.encryptShard({ features, images }, { scale, tile });
      const shard = {
        parameters,
        keyFingerprint: fingerprint,
        ciphertexts: features.length / images,
        images,
        tile,
        scale,
        seed,
      };
      return parseBatch(batchToBytes(shardHeader(shard), residues), 'test');
    },
    decrypt: (result) => decryptor.decrypt(result, 'test result').values,
    async [Symbol.asyncDispose]() {
      decryptor[Symbol.dispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}

/** Plans under given (possibly insecure) parameters, at the largest input scale that gives a plan. */
export function planForTest(
  circuit: Circuit,
  calibration: Calibration,
  parameters: CkksParameters,
  targetError: number,
): CompiledCircuit {
  let failure: unknown;
  for (let bits = 26; bits >= 12; bits--) {
    try {
      const given = { parameters, inputScale: 2 ** bits };
      return compileCircuit(
        circuit,
        planCircuit(circuit, calibration, { mode: 'public', targetError, given, verifiable: 'never' }),
        NO_TRANSFORM,
      );
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Encrypts, evaluates, decrypts; returns the largest error of a logit and what the plan predicted. */
export async function measureError(
  owner: TestOwner,
  engine: Engine,
  circuit: Circuit,
  features: Float32Array,
  images: number,
  targetError = 0.05,
): Promise<{ largest: number; predicted: { deviation: number; bound: number } }> {
  const compiled = planForTest(circuit, calibrate(circuit, features, images), owner.parameters, targetError);
  const batch = await owner.encrypt(
    features,
    images,
    compiled.plan.inputScale,
    Math.min(128, owner.parameters.ringDegree),
  );
  const logits = owner.decrypt(await engine.evaluate(compiled, batchSource(batch)));
  const expected = evaluateCircuit(dequantise(compiled.circuit), features);
  let largest = 0;
  logits.forEach((logit, i) => {
    const error = Math.abs(logit - (expected[i] ?? NaN));
    largest = Math.max(largest, error);
  });
  return { largest, predicted: compiled.plan.predictedError };
}
