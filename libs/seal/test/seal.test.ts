import { createParameters, slotsOf } from '@ciphernet/ckks';
import { describe, expect, it } from '@jest/globals';
import type { MainModule } from 'node-seal';
import { constantPlaintext } from '../src/constant-plaintext.js';
import { ciphertextFromResidues, residuesOfCiphertext } from '../src/seal-bytes.js';
import { createSealContext, loadEvaluationSeal } from '../src/seal-context.js';
import { nodeSealVersion } from '../src/version.js';

/** All of SEAL, as only the owner's package has it: what the bridge is compared with. */
async function loadWholeSeal(): Promise<MainModule> {
  return (await import('node-seal/throws')).initialize();
}

describe.each(['standard', 'conjugate-invariant'] as const)('conversion to and from SEAL, %s ring', (ring) => {
  const parameters = createParameters(1024, [28, 30], 30, ring);

  it('keeps residues, scale and level bit for bit', async () => {
    const seal = await loadWholeSeal();
    using context = createSealContext(seal, parameters);
    for (const limbs of [1, 2]) {
      const words = Array.from({ length: 3 * limbs }, (_, i) =>
        Uint32Array.from({ length: 1024 }, (_x, k) => (Math.imul(k + 1, 2654435761 + i) >>> 0) % 250_000_000),
      );
      const shape = { components: 3, limbs, scale: 12345 };
      using ciphertext = ciphertextFromResidues(context, shape, (component, limb, into) =>
        into.set(words[component * limbs + limb] ?? []),
      );
      const back = residuesOfCiphertext(context, ciphertext);
      expect(back).toMatchObject(shape);
      words.forEach((row, i) => expect(back.words.subarray(i * 1024, (i + 1) * 1024)).toEqual(row));
    }
  });

  it('makes the constant that SEAL’s encoder makes of the same integer', async () => {
    const seal = await loadWholeSeal();
    using context = createSealContext(seal, parameters);
    using encoder = new seal.CKKSEncoder(context.context);
    using encoded = new seal.Plaintext();
    encoder.encode(new Float64Array(slotsOf(parameters)).fill(-37), 1, encoded);
    using ours = constantPlaintext(context, { limbs: 2, scale: 1 }, (prime) => prime - 37);
    const bytes = (plaintext: typeof ours): Uint8Array => plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array;
    expect(bytes(ours)).toEqual(bytes(encoded));
  });

  it('agrees with SEAL about primes and levels', async () => {
    const seal = await loadWholeSeal();
    using context = createSealContext(seal, createParameters(8192, [30, 30, 30, 30], 30, ring));
    expect(context.parmsIds.length).toBe(4);
    expect(new Set(context.parmsIds.map((id) => id.join())).size).toBe(4);
  });
});

describe('what evaluation gets of SEAL', () => {
  it('can evaluate, and cannot make, load or use a key', async () => {
    const seal = await loadEvaluationSeal();
    using context = createSealContext(seal, createParameters(1024, [28, 30], 30));
    expect(() => new seal.Evaluator(context.context).delete()).not.toThrow();
    for (const name of ['KeyGenerator', 'Decryptor', 'Encryptor', 'SecretKey', 'PublicKey', 'CKKSEncoder']) {
      expect(seal).not.toHaveProperty(name);
    }
    expect(Object.isFrozen(seal)).toBe(true);
  });

  it('is of the version that the engines state', () => {
    expect(nodeSealVersion()).toBe('7.0.0');
  });
});
