import { describe, expect, it } from '@jest/globals';
import { createPrimes } from '../src/primes.js';
import { RING_CODES } from '../src/ring-names.js';
import { MIN_PRIME, MODULUS_BYTES, createRingKernels, rootTableBytes } from '../src/ring-kernels.js';

describe('the host and the assembly', () => {
  it('agree on what both have to know', () => {
    const assembly = createRingKernels() as unknown as Record<
      'modulusBytes' | 'minPrime' | 'conjugateInvariant',
      () => number
    >;
    expect({
      modulusBytes: assembly.modulusBytes(),
      minPrime: assembly.minPrime(),
      codes: { standard: 0, 'conjugate-invariant': assembly.conjugateInvariant() },
    }).toEqual({ modulusBytes: MODULUS_BYTES, minPrime: MIN_PRIME, codes: RING_CODES });
  });

  it('agree on how far the tables and the record of a prime reach', () => {
    const kernels = createRingKernels();
    const modulus = kernels.allocate(MODULUS_BYTES + 64);
    const tables = kernels.allocate(rootTableBytes(64) + 64);
    const words = kernels.u32();
    const beyond = 0xdead_beef;
    words.fill(beyond, modulus / 4, tables / 4 + rootTableBytes(64) / 4 + 16);
    kernels.modulusInit(modulus, createPrimes(64, [30])[0] ?? 0);
    expect(kernels.rootsInit(tables, 6, modulus, RING_CODES.standard)).toBe(1);
    expect(words[modulus / 4 + MODULUS_BYTES / 4]).toBe(beyond);
    expect(words[tables / 4 + rootTableBytes(64) / 4 - 1]).not.toBe(beyond);
    expect(words[tables / 4 + rootTableBytes(64) / 4]).toBe(beyond);
  });
});

describe('the memory of an instance', () => {
  it('is handed out in cache lines that do not meet, zeroed, and grows', () => {
    const kernels = createRingKernels();
    const before = kernels.size();
    const small = kernels.allocate(1);
    const next = kernels.allocate(100_000);
    const last = kernels.allocate(4);
    expect([small % 64, next % 64, last % 64]).toEqual([0, 0, 0]);
    expect(next - small).toBe(64);
    expect(last - next).toBeGreaterThanOrEqual(100_000);
    expect(kernels.size()).toBeGreaterThan(before);
    expect(kernels.size()).toBeGreaterThanOrEqual(last + 4);
    expect(
      kernels
        .u32()
        .subarray(next / 4, last / 4 + 1)
        .every((word) => word === 0),
    ).toBe(true);
    expect([kernels.i32().length, kernels.i16().length]).toEqual([kernels.size() / 4, kernels.size() / 2]);
  });

  it('is its own: two instances share nothing', () => {
    const [one, other] = [createRingKernels(), createRingKernels()];
    const at = one.allocate(4);
    one.u32()[at / 4] = 7;
    expect(other.u32()[at / 4]).toBe(0);
  });
});
