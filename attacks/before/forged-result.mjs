// Results that nobody computed: well-formed batches with components of the attacker's choice. The old collector checked that a
// result's images, classes and parameters were the dataset's, and decrypted it.
import { polynomialWith, residuesOf, slotCosines } from './polynomials.mjs';

/** Header of a result of two components of the dataset's own ring, but for what `fields` say. */
export async function resultHeader(old, { parameters, keyFingerprint }, fields) {
  const { parametersDigest } = await old.library('parameters');
  return {
    version: 1,
    kind: 'result',
    parametersDigest: parametersDigest(parameters),
    keyFingerprint,
    ringDegree: parameters.ringDegree,
    primes: parameters.primes,
    components: 2,
    tile: parameters.ringDegree,
    ...fields,
  };
}

/**
 * @param ciphertexts of each class: coefficients of c0, and of c1 (undefined: zero, a ciphertext that needs no key)
 * @returns the digest under which it lies in the store
 */
export async function storeResult({ old, blobs }, manifest, shard, ciphertexts, scale) {
  const { batchToBytes } = await old.library('ciphertext');
  const { ringDegree: N, primes } = manifest.parameters;
  const residues = new Uint32Array(primes.length * ciphertexts.length * 2 * N);
  primes.forEach((p, prime) => {
    ciphertexts.forEach((components, index) => {
      components.forEach((coefficients, component) => {
        if (coefficients === undefined) return;
        const at = ((prime * 2 + component) * ciphertexts.length + index) * N;
        residues.set(residuesOf(coefficients, p), at);
      });
    });
  });
  const { images } = manifest.shards[shard];
  const header = await resultHeader(old, manifest, { ciphertexts: ciphertexts.length, images, scale, wordBits: 32 });
  return (await blobs.put(batchToBytes(header, residues))).digest;
}

/** A slot off by this share of one moves no decision between logits of 0 and 1. */
const SCALE = 2 ** 20;

/** A transparent result: class `classes[i]` for image i, whatever the images are. @param logit of the chosen class */
export function storeDecisions(deployment, manifest, shard, classes, logit = 1) {
  const N = manifest.parameters.ringDegree;
  const cosine = slotCosines(N);
  const ciphertexts = Array.from({ length: manifest.classes }, (_, k) => {
    const slots = [...classes].flatMap((chosen, image) => (chosen === k ? [[image, logit * SCALE]] : []));
    return [Array.from(polynomialWith(slots, N, cosine), Math.round), undefined];
  });
  return storeResult(deployment, manifest, shard, ciphertexts, SCALE);
}

/** What a worker says with a result; none of it was checked against anything. */
export const claimed = (shard, result, more = {}) => ({
  shard,
  result,
  resultBytes: 1000,
  compiled: 'c'.repeat(64),
  seconds: 1,
  engine: 'simd',
  reused: false,
  worker: 'attacker:1',
  startedAt: Date.now() - 1000,
  finishedAt: Date.now(),
  ...more,
});
