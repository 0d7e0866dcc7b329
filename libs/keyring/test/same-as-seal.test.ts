import { rowOffset } from '@ciphernet/artifacts';
import { SMALLEST_SPECIAL_PRIME, embeddingDegree, slotsOf } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { PAGE_BYTES, multiplyModulo, powerModulo } from '@ciphernet/ring';
import { ciphertextFromResidues, createSealContext, residuesOfCiphertext } from '@ciphernet/seal';
import { describe, expect, it } from '@jest/globals';
import type { ShardRegion } from '../src/encryption-task.js';
import { generateKeys } from '../src/generate.js';
import { keyResidues, montgomeryForm, specialInverse, writeKey } from '../src/key-residues.js';
import { stepClock } from '../src/encryption-steps.js';
import { putPublicRows, takeRoundingOff } from '../src/lane-encryptor.js';
import { loadOwnerSeal } from '../src/owner-seal.js';
import { wideKernels } from '../src/wide-kernels.js';
import { createEncryptionFixture, drawer, fusedModule } from './encryption-fixture.js';

/** [name, N, bits of the data primes, largest message, ring, special prime if not of 30 bits]: the rings in use, and messages at the ends of the range. */
const CASES = [
  ['the standard ring of the convolutional networks', 8192, [30, 30, 30, 30, 30], 2 ** 23, 'standard'],
  ['the standard ring of the perceptrons', 4096, [28, 28, 28], 2 ** 20, 'standard'],
  ['a standard ring with messages as large as may be', 1024, [30, 22, 26], 2 ** 30, 'standard'],
  ['the invariant ring of the convolutional networks', 8192, [30, 30, 30, 30, 30], 2 ** 23, 'conjugate-invariant'],
  ['the invariant ring of the perceptrons', 4096, [28, 28, 28], 2 ** 20, 'conjugate-invariant'],
  ['an invariant ring with messages as large as may be', 1024, [30, 22, 26], 2 ** 30, 'conjugate-invariant'],
  ['a standard ring with the smallest special prime', 4096, [30, 30, 30], 2 ** 20, 'standard', SMALLEST_SPECIAL_PRIME],
  ['an invariant one with it', 4096, [30, 30, 30], 2 ** 20, 'conjugate-invariant', SMALLEST_SPECIAL_PRIME],
] as const;

const wide = fusedModule();

describe.each(CASES)('in %s', (_name, N, bits, most, ring, specialPrime?: number) => {
  const fixture = createEncryptionFixture(N, bits, ring, specialPrime);
  const { parameters, kernels, layout, memory } = fixture;
  const space = elementAt(layout.workspaces, 0);
  const draw = drawer(N);
  const ternary = Int32Array.from({ length: N }, () => draw(3) - 1);
  const errors = [0, 1].map(() => Int32Array.from({ length: N }, () => draw(43) - 21));
  const message = Int32Array.from({ length: N }, (_, i) =>
    i % 5 === 0 ? (i % 2 === 0 ? most - 1 : 1 - most) : draw(2 * most) - most,
  );
  const [, first0, first1] = space.small;

  it('the same u, e0, e1 and m with the public key give SEAL’s residues, every one', async () => {
    const keys = await generateKeys(parameters);
    const residues = keyResidues(parameters, 'public', keys.publicKey);
    writeKey(memory, kernels, layout, { parameters, mode: 'public' }, residues);
    const moduli = [...parameters.primes, parameters.specialPrime];

    // SEAL's division by the special prime is its rescale, in a context where that prime is the last data prime.
    const seal = await loadOwnerSeal();
    const wider = { ...parameters, primes: moduli, specialPrime: sparePrime(embeddingDegree(parameters), moduli) };
    using context = createSealContext(seal, wider);
    using evaluator = new seal.Evaluator(context.context);
    using sum = ciphertextFromResidues(
      context,
      { components: 2, limbs: moduli.length, scale: parameters.specialPrime },
      (component, limb, into) => {
        const prime = elementAt(moduli, limb);
        const u = fixture.transform(ternary, limb);
        const e = fixture.transform(elementAt(errors, component), limb);
        const key = residues.subarray(
          (component * moduli.length + limb) * N,
          (component * moduli.length + limb + 1) * N,
        );
        for (let i = 0; i < N; i++) {
          into[i] = (multiplyModulo(elementAt(key, i), elementAt(u, i), prime) + elementAt(e, i)) % prime;
        }
      },
    );
    evaluator.rescaleToNextInplace(sum);
    const { words } = residuesOfCiphertext(context, sum);

    const special = elementAt(layout.primes, moduli.length - 1);
    fixture.i32(space.small[0]).set(ternary);
    fixture.i32(first0).set(elementAt(errors, 0));
    fixture.i32(first1).set(elementAt(errors, 1));
    fixture.i32(space.small[3]).set(message);
    const { logN } = layout;
    kernels.transformSmall(space.small[0], space.transformed, logN, special.tables, special.modulus);
    [first0, first1].forEach((error, component) => {
      const key = elementAt(special.keys, component);
      kernels.roundingDifference(space.transformed, key, error, space.scratch, logN, special.tables, special.modulus);
    });
    let differences = 0;
    parameters.primes.forEach((prime, primeIndex) => {
      const { keys: places, tables, modulus } = elementAt(layout.primes, primeIndex);
      const divide = montgomeryForm(specialInverse(parameters, prime), prime);
      const added = fixture.transform(message, primeIndex);
      kernels.transformSmall(space.small[0], space.transformed, logN, tables, modulus);
      [first0, first1].forEach((difference, component) => {
        const target = space.residues[0];
        const [key, m] = [elementAt(places, component), component === 0 ? space.small[3] : 0];
        kernels.publicComponent(space.transformed, key, difference, m, divide, target, logN, tables, modulus);
        const ours = fixture.u32(target);
        const from = (component * parameters.primes.length + primeIndex) * N;
        for (let i = 0; i < N; i++) {
          const seals = (elementAt(words, from + i) + (component === 0 ? elementAt(added, i) : 0)) % prime;
          if (ours[i] !== seals) differences++;
        }
      });
    });
    expect(differences).toBe(0);

    // In vectors of 256 bits, the same draws in any of four lanes, beside others in the lanes before it and behind it.
    if (wide === undefined) return;
    const clock = stepClock(undefined, 0);
    const parts = { parameters, kernels, memory, layout, space, clock, wide: wideKernels(wide, memory) };
    const shard = layout.end;
    memory.grow(Math.ceil((4 * 8 * parameters.primes.length * N) / PAGE_BYTES));
    for (let own = 0; own < 4; own++) {
      const count = own + 1;
      [ternary, ...errors, message].forEach((polynomial, which) => {
        const lanes = fixture.i32(elementAt(space.small, which), 4 * N);
        lanes.forEach((_, i) => (lanes[i] = elementAt(polynomial, ((i >> 2) + (i % 4) - own + N) % N)));
      });
      takeRoundingOff(parts);
      const region = { features: count, tile: 16, components: 2, residues: shard } as ShardRegion;
      const shape = { ...region, ringDegree: N, ciphertexts: count } as const;
      parameters.primes.forEach((prime, primeIndex) => {
        putPublicRows(parts, region, primeIndex, { from: 0, count });
        const rows = fixture.u32(shard, 2 * parameters.primes.length * N * count);
        const added = fixture.transform(message, primeIndex);
        for (let component = 0; component < 2; component++) {
          const from = (component * parameters.primes.length + primeIndex) * N;
          for (let i = 0; i < N; i++) {
            const at = rowOffset(shape, primeIndex, i >> 4, own, component) + (i % 16);
            const seals = (elementAt(words, from + i) + (component === 0 ? elementAt(added, i) : 0)) % prime;
            if (rows[at] !== seals) differences++;
          }
        }
      });
    }
    expect(differences).toBe(0);
  });

  it('the same mask, e and m with the secret key give −(a·s + e) + m', async () => {
    const keys = await generateKeys(parameters);
    const residues = keyResidues(parameters, 'symmetric', keys.secretKey);
    writeKey(memory, kernels, layout, { parameters, mode: 'symmetric' }, residues);
    fixture.i32(first0).set(elementAt(errors, 0));
    fixture.i32(space.small[3]).set(message);
    kernels.subtractError(space.small[3], first0, layout.logN);
    let differences = 0;
    parameters.primes.forEach((prime, primeIndex) => {
      const { keys: places, tables, modulus } = elementAt(layout.primes, primeIndex);
      const mask = Uint32Array.from({ length: N }, () => draw(prime));
      fixture.u32(space.residues[1]).set(mask);
      const { logN } = layout;
      const [target, masks] = space.residues;
      kernels.transformMessage(space.small[3], space.transformed, logN, tables, modulus);
      // Tiles of one ciphertext are its coefficients in order.
      kernels.symmetricRows(space.transformed, 0, 1, masks, places[0], logN, 16, target, 64, modulus);
      const ours = fixture.u32(target).slice();
      const added = fixture.transform(message, primeIndex);
      const error = fixture.transform(elementAt(errors, 0), primeIndex);
      for (let i = 0; i < N; i++) {
        const secret = elementAt(residues, primeIndex * N + i);
        const masked = multiplyModulo(elementAt(mask, i), secret, prime) + elementAt(error, i);
        if (ours[i] !== (elementAt(added, i) - masked + 2 * prime) % prime) differences++;
      }
    });
    expect(differences).toBe(0);
  });

  it('the embedding is that of SEAL’s encoder, but for a coefficient at the border of rounding now and then', async () => {
    const seal = await loadOwnerSeal();
    using context = createSealContext(seal, parameters);
    using encoder = new seal.CKKSEncoder(context.context);
    using plaintext = new seal.Plaintext();
    const images = slotsOf(parameters) - 3;
    const scale = 2 ** 22;
    const values = Float32Array.from({ length: images }, () => draw(10_001) / 5000 - 1);
    const slots = new Float64Array(slotsOf(parameters));
    slots.set(values);
    encoder.encode(slots, scale, plaintext);
    const at = space.residues[0];
    new Float32Array(memory.buffer, at, images).set(values);
    const factor = scale / slotsOf(parameters);
    kernels.embed(
      at,
      images,
      factor,
      layout.order,
      layout.twiddles,
      layout.rotations,
      space.slots,
      space.small[3],
      Math.log2(slotsOf(parameters)),
      ring === 'conjugate-invariant',
    );
    const coefficients = fixture.i32(space.small[3]).slice();
    const bytes = plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array;
    const prime = elementAt(parameters.primes, 0);
    // Of the embedded polynomial the first half: the other one mirrors it.
    const transformed = new Uint32Array(bytes.slice(88, 88 + 8 * N).buffer).filter((_, i) => i % 2 === 0);
    const inverse = inverseTransform(fixture, transformed);
    let [off, far] = [0, 0];
    for (let i = 0; i < N; i++) {
      const seals = elementAt(inverse, i) > prime / 2 ? elementAt(inverse, i) - prime : elementAt(inverse, i);
      const difference = Math.abs(seals - elementAt(coefficients, i));
      if (difference > 0) off++;
      if (difference > 1) far++;
    }
    expect(far).toBe(0);
    // Both compute in doubles: errors of some 2^-29 here, so of a hundred million coefficients a few round otherwise.
    expect(off).toBeLessThanOrEqual(2);
  });
});

/** A prime that SEAL's context takes for its own special one. */
function sparePrime(degree: number, taken: readonly number[]): number {
  for (let p = 2 ** 30 - 2 * degree + 1; ; p -= 2 * degree) {
    if (!taken.includes(p) && powerModulo(3, p - 1, p) === 1 && powerModulo(5, p - 1, p) === 1) return p;
  }
}

function inverseTransform(fixture: ReturnType<typeof createEncryptionFixture>, values: Uint32Array): Uint32Array {
  const { kernels, layout } = fixture;
  const { tables, modulus } = elementAt(layout.primes, 0);
  const at = elementAt(layout.workspaces, 0).scratch;
  fixture.u32(at).set(values);
  kernels.nttInverse(at, layout.logN, tables, modulus);
  return fixture.u32(at).slice();
}
