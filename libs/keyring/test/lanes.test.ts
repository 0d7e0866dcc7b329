import { slotsOf } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { wideKernels } from '../src/wide-kernels.js';
import { agrees } from '../src/wide-trial.js';
import { createEncryptionFixture, drawer, fusedModule } from './encryption-fixture.js';

/** [N, bits, ring, special prime if not of 30 bits]: odd and even numbers of stages, blocks within and beyond the cache, small primes. */
const CASES = [
  [1024, [30, 22, 26], 'standard'],
  [1024, [30, 22, 26], 'conjugate-invariant'],
  [2048, [28, 30], 'conjugate-invariant'],
  [4096, [28, 28, 28], 'standard', 65_537],
  [4096, [30, 30, 30], 'conjugate-invariant', 65_537],
  [8192, [30, 30, 30, 30, 30], 'conjugate-invariant'],
  [8192, [30, 30, 30, 30, 30], 'standard'],
  [16_384, [30, 30], 'conjugate-invariant'],
  [16_384, [30, 30], 'standard'],
  [32_768, [30], 'standard'],
  [32_768, [30], 'conjugate-invariant'],
] as const;

const MOST = 2 ** 30 + 21;
const module = fusedModule();
const describeWide = module === undefined ? describe.skip : describe;

describeWide.each(CASES)('four polynomials of degree %i at a time, %j, %s', (N, bits, ring, specialPrime?: number) => {
  const fixture = createEncryptionFixture(N, bits, ring, specialPrime);
  const { kernels, layout, memory, parameters } = fixture;
  const space = elementAt(layout.workspaces, 0);
  if (module === undefined) throw new Error('no vectors of 256 bits');
  const wide = wideKernels(module, memory);
  const isHalf = ring === 'conjugate-invariant';
  const { logN, slotCount: M, order, twiddles, rotations } = layout;
  const [messages, errors, others] = space.small;

  it('pass the trial before they are used', () => {
    expect(agrees({ memory, kernels, wide, layout })).toBe(true);
    expect(Buffer.from(memory.buffer, space.start, space.bytes).equals(Buffer.alloc(space.bytes))).toBe(true);
  });

  it('have the transforms that each has by itself, modulo every prime, at the ends of the range too', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(1, 2 ** 20, MOST), (seed, most) => {
        const draw = drawer(seed);
        const source = fixture.i32(messages, 4 * N);
        source.forEach(
          (_, i) => (source[i] = i % 7 === 0 ? (draw(2) === 0 ? most : -most) : draw(2 * most + 1) - most),
        );
        let differences = 0;
        for (const { prime, tables, modulus, laneRoots } of layout.primes) {
          wide.transformLanes(messages, space.lanes, logN, laneRoots, Number(isHalf));
          const low = fixture.i32(space.lanes, 8 * N);
          for (let c = 0; c < 4; c++) {
            const alone = fixture.i32(space.scratch);
            for (let i = 0; i < N; i++) alone[i] = elementAt(source, 4 * i + c);
            kernels.transformMessage(space.scratch, space.transformed, logN, tables, modulus);
            fixture.u32(space.transformed).forEach((residue, i) => {
              const centred = elementAt(low, 2 * (4 * i + c));
              if (Math.abs(centred) > prime / 2 + 1 || (centred < 0 ? centred + prime : centred) !== residue)
                differences++;
            });
          }
        }
        expect(differences).toBe(0);
      }),
      { numRuns: N > 4096 ? 3 : 10 },
    );
  });

  it('have the inverse transforms that each has by itself, modulo the special prime', () => {
    const { laneRoots } = elementAt(layout.primes, layout.primes.length - 1);
    const { prime, tables, modulus, inverseLaneRoots = 0 } = elementAt(layout.primes, layout.primes.length - 1);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const draw = drawer(seed);
        const source = fixture.i32(messages, 4 * N);
        // Sums that grow with every stage, too: all alike, in one lane.
        source.forEach((_, i) => {
          source[i] = i % 4 === 0 ? prime - 1 : i % 7 === 0 ? 1 - prime : draw(2 * prime - 1) - prime + 1;
        });
        wide.inverseLanes(messages, space.lanes, logN, inverseLaneRoots, isHalf ? laneRoots : 0);
        const low = fixture.i32(space.lanes, 8 * N);
        let differences = 0;
        for (let c = 0; c < 4; c++) {
          const alone = fixture.u32(space.scratch);
          for (let i = 0; i < N; i++) alone[i] = (elementAt(source, 4 * i + c) + prime) % prime;
          kernels.nttInverse(space.scratch, logN, tables, modulus);
          alone.forEach((residue, i) => {
            const centred = elementAt(low, 2 * (4 * i + c));
            const isBound = Math.abs(centred) <= prime / 2 + 2 ** 21 && Math.abs(centred) < prime;
            if (!isBound || (centred < 0 ? centred + prime : centred) !== residue) differences++;
          });
        }
        expect(differences).toBe(0);
      }),
      { numRuns: N > 4096 ? 3 : 10 },
    );
  });

  it.each([4, 3, 2, 1])(
    'have the embeddings that each has by itself, %i of them and images for some slots',
    (count) => {
      const draw = drawer(count);
      const features = 7;
      const first = features - count;
      const scale = 2 ** 22;
      // As many as there is room for.
      const some = Math.min(M - 3, Math.floor((4 * N) / features));
      const rows = others;
      const source = new Float32Array(memory.buffer, rows, some * features);
      source.forEach((_, i) => (source[i] = draw(10_001) / 5000 - 1));
      const errorWords = fixture.i32(errors, 4 * N);
      errorWords.forEach((_, i) => (errorWords[i] = draw(43) - 21));
      const largest = kernels.regroup(rows, some, features, first, count, M, space.values);
      const byFeature = space.values + 16 * M;
      expect(kernels.transpose(rows, some, features, first, count, byFeature)).toBe(largest);
      const logM = Math.log2(slotsOf(parameters));
      const rounding = elementAt(layout.primes, 0).laneRoots + 16;
      wide.embedLanes(space.values, scale / M, order, twiddles, rotations, rounding, space.lanes, logM);
      kernels.laneMessages(space.lanes, errors, logM, isHalf, messages);
      const ours = fixture.i32(messages, 4 * N);
      let differences = 0;
      for (let c = 0; c < 4; c++) {
        const alone = fixture.i32(space.scratch).fill(0);
        const at = byFeature + 4 * c * some;
        if (c < count) {
          kernels.embed(at, some, scale / M, order, twiddles, rotations, space.slots, space.scratch, logM, isHalf);
        }
        alone.forEach((coefficient, i) => {
          if (coefficient - elementAt(errorWords, 4 * i + c) !== ours[4 * i + c]) differences++;
        });
      }
      expect(differences).toBe(0);
    },
  );

  it('have the embedding that each has by itself where one coefficient comes twice and lies on the border of rounding', () => {
    // Coefficient M/2 is the real part of one number and minus the imaginary part of it; for these values and N = 1024 they round otherwise.
    const [scale, logM] = [946_667_837.6025944, Math.log2(M)];
    const slots = new Uint16Array(memory.buffer, order, M);
    const values = new Float32Array(memory.buffer, space.values, 4 * M);
    const alone = new Float32Array(memory.buffer, others, M);
    slots.forEach((slot, k) => {
      alone[slot] = k % 2 === 0 ? 1 : -1;
      values.fill(k % 2 === 0 ? 1 : -1, 4 * slot, 4 * slot + 4);
    });
    const rounding = elementAt(layout.primes, 0).laneRoots + 16;
    wide.embedLanes(space.values, scale / M, order, twiddles, rotations, rounding, space.lanes, logM);
    kernels.laneMessages(space.lanes, 0, logM, isHalf, messages);
    kernels.embed(others, M, scale / M, order, twiddles, rotations, space.slots, space.scratch, logM, isHalf);
    const [one, together] = [fixture.i32(space.scratch), fixture.i32(messages, 4 * N)];
    expect(together.every((coefficient, i) => coefficient === one[i >> 2])).toBe(true);
  });

  it.each([4, 16, N])('fill the rows of tiles of %i that each fills by itself, whatever the number of them', (tile) => {
    const draw = drawer(tile);
    const { prime, tables, modulus, laneRoots, keys } = elementAt(layout.primes, 0);
    const secret = fixture.i32(keys[0]);
    secret.forEach((_, i) => (secret[i] = draw(prime) - Math.floor(prime / 2)));
    const source = fixture.i32(messages, 4 * N);
    source.forEach((_, i) => (source[i] = draw(2 * MOST + 1) - MOST));
    for (const count of [4, 3, 2, 1]) {
      const masks = fixture.u32(errors, count * N);
      masks.forEach((_, i) => (masks[i] = i % 5 === 0 ? prime - 1 : draw(prime)));
      const tileBytes = 4 * tile * count;
      wide.transformLanes(messages, space.lanes, logN, laneRoots, Number(isHalf));
      kernels.laneRows(space.lanes, count, errors, keys[0], logN, tile, space.residues[0], tileBytes, modulus);
      const ours = fixture.u32(space.residues[0], count * N).slice();
      for (let c = 0; c < count; c++) {
        const alone = fixture.i32(space.scratch);
        for (let i = 0; i < N; i++) alone[i] = elementAt(source, 4 * i + c);
        kernels.transformMessage(space.scratch, others + 4 * N * c, logN, tables, modulus);
      }
      kernels.symmetricRows(others, 4 * N, count, errors, keys[0], logN, tile, space.residues[0], tileBytes, modulus);
      expect(
        Buffer.compare(Buffer.from(ours.buffer), Buffer.from(memory.buffer, space.residues[0], 4 * count * N)),
      ).toBe(0);
    }
  });

  it('fail the trial where one root is another one', () => {
    const { laneRoots } = elementAt(layout.primes, 0);
    const { inverseLaneRoots = 0 } = elementAt(layout.primes, layout.primes.length - 1);
    for (const at of [laneRoots + 32 + 16 * (N - 1), inverseLaneRoots + 32 + 16 * (N - 1)]) {
      const root = new Float64Array(memory.buffer, at, 1);
      const right = elementAt(root, 0);
      root[0] = right + 1;
      expect(agrees({ memory, kernels, wide, layout })).toBe(false);
      root[0] = right;
    }
    expect(agrees({ memory, kernels, wide, layout })).toBe(true);
  });
});
