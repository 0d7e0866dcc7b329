import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, batchSource, batchToBytes, parseBatch } from '@ciphernet/artifacts';
import {
  type Circuit,
  type LinearMap,
  evaluateCircuit,
  planProducts,
  productCoefficients,
  productLayout,
  quadraticForms,
  weightPolynomial,
} from '@ciphernet/compiler';
import {
  createEncryptionPool,
  createResultDecryptor,
  encryptCoefficients,
  fingerprintOf,
  generateKeys,
} from '@ciphernet/keyring';
import { minimalRoot, powerModulo } from '@ciphernet/ring';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { evaluateProducts, productsToBytes } from '../src/products/evaluate-products.js';
import { openProductsFile } from '../src/products/products-file.js';
import { productChunks } from '../src/products/write-products.js';

const FEATURES = 100;
const OUTPUTS = 3;

function numbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

function dense(inputs: number, outputs: number, seed: number): LinearMap {
  const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const block = { outputs: all(outputs), inputs: all(inputs), weights: numbers(inputs * outputs, seed) };
  return { inputs, outputs, blocks: [block], bias: numbers(outputs, seed + 1) };
}

const circuit: Circuit = { name: 'small', maps: [dense(FEATURES, 7, 1), dense(7, OUTPUTS, 2)] };
const features = Float32Array.from(numbers(FEATURES, 3), (value) => value + 0.5);
const forms = quadraticForms(circuit);
const calibration = { maxAbs: [4, 20], gains: [1, 1, 1], meanGains: [1, 1, 1], examples: 1 };

async function writeProducts(path: string, mode: 'public' | 'symmetric') {
  const plan = planProducts(calibration, mode, 'test');
  await using file = await open(path, 'w');
  for (const chunk of productChunks({ name: 'small', forms, plan })) await file.writeFile(chunk);
  return plan;
}

/** Encrypted features under fresh keys, and what decrypts. */
async function encryptFeatures(mode: 'public' | 'symmetric') {
  const plan = planProducts(calibration, mode, 'test');
  const { parameters, inputScale } = plan;
  const keys = await generateKeys(parameters);
  const fingerprint = fingerprintOf(keys.publicKey);
  const key = mode === 'public' ? keys.publicKey : keys.secretKey;
  await using pool = await createEncryptionPool({ parameters, mode, key }, 1);
  const set = { parameters, keyFingerprint: fingerprint, inputScale };
  const layout = productLayout(FEATURES, parameters.ringDegree);
  const { header, shard } = await encryptCoefficients(pool, productCoefficients(features, layout), set);
  const stored = batchToBytes(header, shard.residues);
  return {
    plan,
    layout,
    stored,
    batch: parseBatch(stored, 'test'),
    key: { parameters, fingerprint, bytes: keys.secretKey },
  };
}

/** One residue of the result, with BigInt and from the definition: position k of the transform is the value at ψ^(2·rev(k) + 1). */
function exactResidue(
  batch: Batch,
  at: { prime: number; primeIndex: number; k: number; component: number; output: number },
): bigint {
  const { ringDegree: N, ciphertexts } = batch.header;
  const { prime, primeIndex, k, component, output } = at;
  const p = BigInt(prime);
  const layout = productLayout(FEATURES, N);
  const read = (c: number, ciphertext: number): bigint =>
    BigInt(batch.residues[((primeIndex * 2 + c) * ciphertexts + ciphertext) * N + k]!);
  const bits = Math.log2(N);
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) if (k & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
  const point = BigInt(powerModulo(minimalRoot(prime, N), 2 * reversed + 1, prime));
  let sum = 0n;
  for (const pair of layout.pairs) {
    const [x, y] = [pair[0], layout.chunks + pair[1]];
    const product =
      component === 1
        ? read(0, x) * read(1, y) + read(1, x) * read(0, y)
        : read(component / 2, x) * read(component / 2, y);
    const weights = weightPolynomial(forms, output, pair, layout, 2 ** 14);
    let value = 0n;
    for (let i = N - 1; i >= 0; i--) value = (value * point + BigInt(weights[i]!)) % p;
    sum = (sum + product * value) % p;
  }
  if (component === 0)
    sum += BigInt(Math.round(forms.constants[output]! * planProducts(calibration, 'public', 'test').resultScale));
  return ((sum % p) + p) % p;
}

describe('products of single examples', () => {
  it.each(['symmetric', 'public'] as const)('give the network’s outputs, encrypted with the %s key', async (mode) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'products.bin');
    await writeProducts(path, mode);
    const { batch, key, stored } = await encryptFeatures(mode);
    using model = openProductsFile(path);
    const result = parseBatch(productsToBytes(evaluateProducts(model, batchSource(batch), 'test')), 'result');
    using decryptor = await createResultDecryptor(key);
    const outputs = decryptor.decryptConstants(result, 'result');
    const expected = evaluateCircuit(circuit, features);
    outputs.forEach((output, k) => expect(Math.abs(output - expected[k]!)).toBeLessThan(0.01));
    // Two chunks of a hundred features and a 1: four ciphertexts, of one component where the other comes from a seed.
    const components = mode === 'symmetric' ? 1 : 2;
    expect(stored.length).toBe(4 * components * 2 * 4096 * 4 + (stored.length % 4096));
  });

  it('are what the definition says, residue by residue', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'products.bin');
    await writeProducts(path, 'public');
    const { batch } = await encryptFeatures('public');
    using model = openProductsFile(path);
    const { header, residues } = evaluateProducts(model, batchSource(batch), 'test');
    const N = header.ringDegree;
    header.primes.forEach((prime, primeIndex) => {
      for (const k of [0, 1, 777, N - 1]) {
        for (const component of [0, 1, 2]) {
          const output = (k + component) % OUTPUTS;
          const actual = residues[((primeIndex * 3 + component) * OUTPUTS + output) * N + k]!;
          expect(BigInt(actual)).toBe(exactResidue(batch, { prime, primeIndex, k, component, output }));
        }
      }
    });
  });

  it('are refused for a batch that was encrypted for something else', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'products.bin');
    await writeProducts(path, 'symmetric');
    const { batch } = await encryptFeatures('symmetric');
    using model = openProductsFile(path);
    const other = { ...batch, header: { ...batch.header, scale: batch.header.scale / 2 } };
    expect(() => evaluateProducts(model, batchSource(other), 'test')).toThrow(/not encrypted for this model/);
    const beyond = { ...batch, residues: batch.residues.map(() => 2 ** 30 - 1) };
    expect(() => evaluateProducts(model, batchSource(beyond), 'test')).toThrow(/not below its prime/);
  });

  it('are refused where their file is damaged', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'products.bin');
    await writeProducts(path, 'symmetric');
    const bytes = await readFile(path);
    const cases: [Buffer, RegExp][] = [
      [bytes.subarray(0, bytes.length - 4), /bytes, .* are expected/],
      [Buffer.concat([Buffer.from('CIPHNET1'), bytes.subarray(8)]), /no compiled products/],
      [Buffer.from(bytes.toString('latin1').replace('"outputs":3', '"outputs":4'), 'latin1'), /do not fit together/],
    ];
    for (const [damaged, message] of cases) {
      await writeFile(path, damaged);
      expect(() => openProductsFile(path)).toThrow(message);
    }
    bytes.writeInt32LE(2 ** 30, bytes.length - 64);
    await writeFile(path, bytes);
    const { batch } = await encryptFeatures('symmetric');
    using model = openProductsFile(path);
    expect(() => evaluateProducts(model, batchSource(batch), 'test')).toThrow(/beyond half its prime/);
    expect(() => openProductsFile(join(folder.path, 'missing'))).toThrow(/cannot read the file/);
  });
});
