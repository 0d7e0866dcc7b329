// The whole path in one process and in memory: keys, encryption, evaluation without a key, decryption.
//   node examples/dist/encrypt-evaluate-decrypt.js
import { batchSource, shardHeader } from '@ciphernet/artifacts';
import { dequantise, evaluateCircuit } from '@ciphernet/compiler';
import { engineNamed } from '@ciphernet/engines';
import { createEncryptionPool, createResultDecryptor, fingerprintOf, generateKeys } from '@ciphernet/keyring';
import { main as planNetwork } from './plan-a-network.js';
import { randomFeatures } from './random-network.js';
import { runAsProgram } from './run-as-program.js';

const IMAGES = 100;
const SIDE = 14;
const TILE = 64;

export interface Decrypted {
  /** Largest difference between a decrypted logit and the same integer circuit in the clear. */
  readonly largestError: number;
  /** What the planner promised. */
  readonly bound: number;
}

export async function main(): Promise<Decrypted> {
  const { compiled } = planNetwork();
  const { parameters, inputScale } = compiled.plan;

  // The data owner: slot j of ciphertext i is feature i of image j.
  const keys = await generateKeys(parameters);
  const keyFingerprint = fingerprintOf(keys.publicKey);
  const features = randomFeatures(IMAGES, SIDE, 2);
  await using pool = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, 1);
  using shard = await pool.encryptShard({ features, images: IMAGES }, { scale: inputScale, tile: TILE });
  const ciphertexts = features.length / IMAGES;
  const header = shardHeader({
    parameters,
    keyFingerprint,
    ciphertexts,
    images: IMAGES,
    tile: TILE,
    scale: inputScale,
  });

  // The worker: ciphertexts and integer weights, no key.
  const result = await engineNamed('simd').evaluate(compiled, batchSource({ header, residues: shard.residues }));

  // The owner again.
  using decryptor = await createResultDecryptor({ parameters, fingerprint: keyFingerprint, bytes: keys.secretKey });
  const { values: logits } = decryptor.decrypt(result, 'example');
  const expected = evaluateCircuit(dequantise(compiled.circuit), features);
  const largestError = logits.reduce((most, logit, i) => Math.max(most, Math.abs(logit - (expected[i] ?? NaN))), 0);
  return { largestError, bound: compiled.plan.predictedError.bound };
}

await runAsProgram(import.meta.url, async () => console.log(await main()));
