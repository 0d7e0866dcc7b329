import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  type BatchHeader,
  batchToBytes,
  parseBatch,
  positionDigests,
  rowOffset,
  shardHeader,
} from '@ciphernet/artifacts';
import { SMALLEST_SPECIAL_PRIME, createParameters, freshNoise, slotsOf, withSpecialPrime } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createResultDecryptor } from '../src/decrypt.js';
import { layOutEncryption } from '../src/encryption-memory.js';
import { createEncryptionPool } from '../src/encryption-pool.js';
import { generateKeys } from '../src/generate.js';
import { fingerprintOf } from '../src/key-files.js';

const RINGS = {
  standard: createParameters(4096, [30, 30], 24),
  'conjugate-invariant': createParameters(4096, [30, 30], 24, 'conjugate-invariant'),
  'smallest special prime': withSpecialPrime(
    createParameters(4096, [30, 30], 24, 'conjugate-invariant'),
    SMALLEST_SPECIAL_PRIME,
  ),
};
const parameters = RINGS.standard;
const IMAGES = 2048;
const SCALE = 2 ** 20;
type Keys = Awaited<ReturnType<typeof generateKeys>>;
let keys: Keys;
let keysOf: Readonly<Record<keyof typeof RINGS, Keys>>;
beforeAll(async () => {
  keys = await generateKeys(parameters);
  keysOf = {
    standard: keys,
    'conjugate-invariant': await generateKeys(RINGS['conjugate-invariant']),
    'smallest special prime': await generateKeys(RINGS['smallest special prime']),
  };
});

const valuesOf = (features: number, images = IMAGES): Float32Array =>
  Float32Array.from({ length: images * features }, (_, i) => Math.abs(Math.sin(i)));
const keyOf = (mode: 'public' | 'symmetric', of = keys): Uint8Array =>
  mode === 'public' ? of.publicKey : of.secretKey;
const headerOf = (features: number, tile: number, of = keys, images = IMAGES): BatchHeader => ({
  ...shardHeader({
    parameters: of.parameters,
    keyFingerprint: fingerprintOf(of.publicKey),
    ciphertexts: features,
    images,
    tile,
    scale: SCALE,
  }),
});

const withSeed = (header: BatchHeader, seed: Uint8Array | undefined): BatchHeader =>
  seed === undefined ? header : { ...header, version: 4, seed: Buffer.from(seed).toString('hex') };

/** Of values that are laid out, messages, and what was drawn, threads keep nothing. */
function expectWiped(buffer: ArrayBufferLike, threads: number): void {
  for (const { start, bytes } of layOutEncryption(parameters, threads).workspaces) {
    expect(Buffer.from(buffer, start, bytes).equals(Buffer.alloc(bytes))).toBe(true);
  }
}

const CASES = [
  ['public', 'simd', 4, 'standard', true],
  ['symmetric', 'simd', 64, 'standard', true],
  ['public', 'seal', 16, 'standard', true],
  ['symmetric', 'seal', 4, 'standard', true],
  ['public', 'simd', 64, 'conjugate-invariant', true],
  ['symmetric', 'simd', 4, 'conjugate-invariant', true],
  ['public', 'simd', 4, 'smallest special prime', true],
  ['public', 'simd', 16, 'conjugate-invariant', false],
  ['symmetric', 'simd', 16, 'conjugate-invariant', false],
] as const;

describe('encryption on several threads', () => {
  it.each(CASES)(
    'with the %s key by %s, tiles of %i, %s, gives the values back within the predicted noise',
    async (mode, encryptor, tile, ring, isWide) => {
      const own = keysOf[ring];
      const { parameters } = own;
      // A quarter of a million samples each, more than a million in all.
      // With a last group of three.
      const features = 131;
      const images = slotsOf(parameters);
      const values = valuesOf(features, images);
      const start = { parameters, mode, encryptor, key: keyOf(mode, own), isWide };
      await using pool = await createEncryptionPool(start, 2);
      using shard = await pool.encryptShard({ features: values, images }, { scale: SCALE, tile });
      const { residues, seed } = shard;
      const positions = await shard.positions;
      const header = headerOf(features, tile, own, images);
      const stored = withSeed(header, seed);
      const batch = parseBatch(batchToBytes(stored, residues), 'test');
      const secret = { parameters, fingerprint: header.keyFingerprint, bytes: own.secretKey };
      using decryptor = await createResultDecryptor(secret);
      const { values: decrypted } = decryptor.decrypt(batch, 'test');
      let sum = 0;
      decrypted.forEach((value, i) => (sum += (value - (values[i] ?? NaN)) ** 2));
      const measured = Math.sqrt(sum / decrypted.length) * SCALE;
      // 3 %: with the public key |s(ζ)|² of one secret over 2,048 slots already differs by 1 % from its mean.
      expect(measured / Math.sqrt(freshNoise(parameters, mode).mean)).toBeGreaterThan(0.97);
      expect(measured / Math.sqrt(freshNoise(parameters, mode).mean)).toBeLessThan(1.03);

      expect(positions).toEqual(positionDigests(stored, residues));
      const isSeeded = mode === 'symmetric' && encryptor === 'simd';
      expect(seed?.length).toBe(isSeeded ? 32 : undefined);
      expect(residues.length).toBe((isSeeded ? 1 : 2) * 2 * features * 4096);
      const wrongKey = { ...header, keyFingerprint: 'f'.repeat(64) };
      expect(() => decryptor.decrypt({ ...batch, header: wrongKey }, 'shard 0')).toThrow(
        new RegExp(`made for key ${'f'.repeat(16)}…, this is key ${header.keyFingerprint.slice(0, 16)}`),
      );
    },
  );

  it.each(['public', 'symmetric'] as const)('with the %s key errs otherwise in every ciphertext', async (mode) => {
    // Of several groups, the last one of three: each slot of each has a real number of noise.
    const features = 19;
    await using pool = await createEncryptionPool({ parameters, mode, key: keyOf(mode) }, 2);
    using shard = await pool.encryptShard(
      { features: new Float32Array(IMAGES * features), images: IMAGES },
      { scale: SCALE, tile: 4 },
    );
    const header = withSeed(headerOf(features, 4), shard.seed);
    using decryptor = await createResultDecryptor({
      parameters,
      fingerprint: header.keyFingerprint,
      bytes: keys.secretKey,
    });
    const { values } = decryptor.decrypt(parseBatch(batchToBytes(header, shard.residues), 'test'), 'test');
    expect(new Set(values).size).toBe(values.length);
  });

  it.each(['public', 'symmetric'] as const)(
    'with the %s key draws anew for every ciphertext, thread, shard and pool',
    async (mode) => {
      const features = 40;
      const seen = new Set<number>();
      let drawn = 0;
      for (let round = 0; round < 2; round++) {
        await using pool = await createEncryptionPool({ parameters, mode, key: keyOf(mode) }, 2);
        for (let k = 0; k < 2; k++) {
          using shard = await pool.encryptShard(
            { features: valuesOf(features), images: IMAGES },
            { scale: SCALE, tile: 4 },
          );
          const header = headerOf(features, 4);
          const { residues } = parseBatch(batchToBytes(withSeed(header, shard.seed), shard.residues), 'test');
          for (let feature = 0; feature < features; feature++) {
            // Two residues of the second component: 60 bits, of which 160 draws do not meet by chance.
            const at = rowOffset(header, 0, 7, feature, 1);
            seen.add(elementAt(residues, at) * 2 ** 20 + (elementAt(residues, at + 1) % 2 ** 20));
            drawn++;
          }
        }
      }
      expect(seen.size).toBe(drawn);
    },
  );

  it('with the secret key takes a new seed for every shard: after a failure, again in the same pool, in another one', async () => {
    const seeds = new Set<string>();
    const start = { parameters, mode: 'symmetric', key: keys.secretKey } as const;
    const plain = { features: valuesOf(3), images: IMAGES };
    for (let round = 0; round < 3; round++) {
      await using pool = await createEncryptionPool(start, 2);
      const aborted = { scale: SCALE, tile: 4, signal: AbortSignal.abort(new Error('enough')) };
      await expect(pool.encryptShard(plain, aborted)).rejects.toThrow('enough');
      for (let k = 0; k < 2; k++) {
        using shard = await pool.encryptShard(plain, { scale: SCALE, tile: 4 });
        seeds.add(Buffer.from(shard.seed ?? []).toString('hex'));
      }
    }
    expect(seeds.size).toBe(6);
    for (const seed of seeds) expect(seed).toMatch(/^[0-9a-f]{64}$/);
  });

  it('takes another seed in every process', async () => {
    const program = `
      (async () => {
      const { createEncryptionPool } = await import('@ciphernet/keyring');
      const key = Buffer.from(process.env.KEY, 'base64');
      const pool = await createEncryptionPool({ parameters: JSON.parse(process.env.PARAMETERS), mode: 'symmetric', key }, 1);
      const shard = await pool.encryptShard({ features: new Float32Array(4), images: 4 }, { scale: 1024, tile: 4 });
      process.stdout.write(Buffer.from(shard.seed).toString('hex'));
      await pool[Symbol.asyncDispose]();
      })();`;
    // A small ring: its key fits an environment variable.
    const small = await generateKeys(createParameters(1024, [30], 30));
    const env = { KEY: Buffer.from(small.secretKey).toString('base64'), PARAMETERS: JSON.stringify(small.parameters) };
    const run = promisify(execFile);
    const what = ['-e', program];
    const runs = await Promise.all([0, 1].map(() => run(process.execPath, what, { env: { ...process.env, ...env } })));
    const seeds = runs.map(({ stdout }) => stdout);
    for (const seed of seeds) expect(seed).toMatch(/^[0-9a-f]{64}$/);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  it('digests a shard that was given back before the memory is another’s', async () => {
    await using pool = await createEncryptionPool({ parameters, mode: 'symmetric', key: keys.secretKey }, 2);
    const encrypt = (features: number) =>
      pool.encryptShard({ features: valuesOf(features), images: IMAGES }, { scale: SCALE, tile: 4 });
    const first = await encrypt(40);
    const residues = Uint32Array.from(first.residues);
    first[Symbol.dispose]();
    using _smaller = await encrypt(8);
    expect(await first.positions).toEqual(positionDigests(withSeed(headerOf(40, 4), first.seed), residues));
  });

  it('reuses the memory of a shard that was given back, and of no other', async () => {
    await using pool = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, 1);
    const encrypt = () => pool.encryptShard({ features: valuesOf(2), images: IMAGES }, { scale: SCALE, tile: 16 });
    const first = await encrypt();
    using second = await encrypt();
    expect(second.residues.byteOffset).not.toBe(first.residues.byteOffset);
    const at = first.residues.byteOffset;
    await first.positions;
    first[Symbol.dispose]();
    using third = await encrypt();
    expect(third.residues.byteOffset).toBe(at);
  });

  it.each(['simd', 'seal'] as const)(
    'by %s leaves neither values nor what was drawn in memory, and no key when it is disposed',
    async (encryptor) => {
      const pool = await createEncryptionPool({ parameters, mode: 'symmetric', encryptor, key: keys.secretKey }, 2);
      const shard = await pool.encryptShard({ features: valuesOf(40), images: IMAGES }, { scale: SCALE, tile: 16 });
      const { buffer, byteOffset, byteLength } = shard.residues;
      // Behind the ciphertexts lie a tile's columns of each thread, and then the values.
      const rows = byteLength / (2 * parameters.ringDegree * 4);
      const values = new Uint8Array(buffer, byteOffset + byteLength + 2 * 4 * rows * 16, 4 * 40 * IMAGES);
      expect(values.every((byte) => byte === 0)).toBe(true);
      expectWiped(buffer, 2);
      await pool[Symbol.asyncDispose]();
      expect(new Uint8Array(buffer, 0, byteOffset).every((byte) => byte === 0)).toBe(true);
    },
  );

  it.each(['simd', 'seal'] as const)('by %s leaves no values in memory when it is told to stop', async (encryptor) => {
    const controller = new AbortController();
    await using pool = await createEncryptionPool({ parameters, mode: 'public', encryptor, key: keys.publicKey }, 2);
    const options = { scale: SCALE, tile: 16 };
    const before = await pool.encryptShard({ features: valuesOf(8), images: IMAGES }, options);
    const running = pool.encryptShard(
      { features: valuesOf(784), images: IMAGES },
      { ...options, signal: controller.signal },
    );
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expectWiped(before.residues.buffer, 2);
  });

  it('leaves no values in memory when one of them is refused', async () => {
    await using pool = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, 2);
    const encrypt = (features: Float32Array) =>
      pool.encryptShard({ features, images: IMAGES }, { scale: SCALE, tile: 4 });
    using before = await encrypt(valuesOf(8));
    const { buffer, byteOffset, byteLength } = before.residues;
    // The region is free from then on, and the next shard's.
    await before.positions;
    before[Symbol.dispose]();
    const wrong = valuesOf(8).fill(0.123_456, 0, 100);
    wrong[5000] = NaN;
    await expect(encrypt(wrong)).rejects.toThrow(/features of up to NaN/);
    const bytes = Buffer.from(buffer, byteOffset, byteLength + 2 * 4 * 8 * 4 + 4 * 8 * IMAGES);
    expect(bytes.includes(Buffer.from(new Float32Array(4).fill(0.123_456).buffer))).toBe(false);
    expectWiped(buffer, 2);
  });
});

describe('what cannot be encrypted', () => {
  it.each(['simd', 'seal'] as const)('by %s: a key of other parameters is refused', async (encryptor) => {
    const other = createParameters(4096, [28, 28], 30);
    for (const mode of ['public', 'symmetric'] as const) {
      await expect(createEncryptionPool({ parameters: other, mode, encryptor, key: keyOf(mode) }, 1)).rejects.toThrow(
        /key does not fit/,
      );
    }
    const larger = createParameters(8192, [30, 30], 24);
    await expect(
      createEncryptionPool({ parameters: larger, mode: 'public', encryptor, key: keys.publicKey }, 1),
    ).rejects.toThrow(/key does not fit/);
  });

  it('in the conjugate-invariant ring by SEAL, which does not have it', async () => {
    const { parameters, publicKey } = keysOf['conjugate-invariant'];
    await expect(
      createEncryptionPool({ parameters, mode: 'public', encryptor: 'seal', key: publicKey }, 1),
    ).rejects.toThrow(/no conjugate-invariant ring.*use the ring `standard`/s);
  });

  it('with a key of the other ring', async () => {
    for (const mode of ['public', 'symmetric'] as const) {
      for (const [own, other] of [
        [keys, keysOf['conjugate-invariant']],
        [keysOf['conjugate-invariant'], keys],
      ] as const) {
        await expect(
          createEncryptionPool({ parameters: own.parameters, mode, key: keyOf(mode, other) }, 1),
        ).rejects.toThrow(/key does not fit/);
      }
    }
  });

  it.each([
    ['values that are no whole images', 5, SCALE, 16, /no 2048 images/],
    ['a scale beyond 30 bits', 2 * IMAGES, 2 ** 31, 16, /more than 30 bits.*features 0 to \d+.*correct the value/],
    ['a value that is no number', -2 * IMAGES, SCALE, 16, /more than 30 bits/],
    ['a tile that does not divide the ring', 2 * IMAGES, SCALE, 24, /tile of 24/],
    ['a tile smaller than a vector', 2 * IMAGES, SCALE, 2, /tile of 2/],
  ])('%s', async (_name, length, scale, tile, message) => {
    await using pool = await createEncryptionPool({ parameters, mode: 'public', key: keys.publicKey }, 1);
    const features = new Float32Array(Math.abs(length)).fill(1);
    // One among good ones.
    if (length < 0) features[7] = NaN;
    await expect(pool.encryptShard({ features, images: IMAGES }, { scale, tile })).rejects.toThrow(message);
  });
});
