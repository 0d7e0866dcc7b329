import { setTimeout as delay } from 'node:timers/promises';
import { type BatchHeader, batchToBytes, parseBatch, positionDigests } from '@ciphernet/artifacts';
import { createParameters } from '@ciphernet/ckks';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createResultDecryptor } from '../src/decrypt.js';
import { type SlotRows, encryptRows } from '../src/encrypt-rows.js';
import { type EncryptionPool, createEncryptionPool } from '../src/encryption-pool.js';
import { generateKeys } from '../src/generate.js';
import { fingerprintOf } from '../src/key-files.js';
import type { EncryptedShard } from '../src/plain-shard.js';

const parameters = createParameters(1024, [30, 30], 24, 'conjugate-invariant');
const WIDTH = 3;
const COUNT = 4 * 1024 + 7;
const rows: SlotRows = {
  count: COUNT,
  width: WIDTH,
  readInto(from, target) {
    for (let i = 0; i < target.length; i++) target[i] = ((from * WIDTH + i) % 101) / 101;
    return Promise.resolve();
  },
};
let pool: EncryptionPool;
let keys: Awaited<ReturnType<typeof generateKeys>>;
beforeAll(async () => {
  keys = await generateKeys(parameters);
  pool = await createEncryptionPool({ parameters, mode: 'symmetric', key: keys.secretKey }, 2);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

const encrypt = <T>(write: (header: BatchHeader, shard: EncryptedShard) => Promise<T>): Promise<T[]> =>
  encryptRows(pool, rows, { parameters, keyFingerprint: fingerprintOf(keys.publicKey), inputScale: 2 ** 20 }, write);

/** Something that is waited for. */
function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}

describe('rows that are encrypted shard by shard', () => {
  it('come back in their order, with the digests of their positions', async () => {
    const secret = { parameters, fingerprint: fingerprintOf(keys.publicKey), bytes: keys.secretKey };
    using decryptor = await createResultDecryptor(secret);
    const shards = await encrypt(async (header, { residues, positions }) => {
      expect(await positions).toEqual(positionDigests(header, residues));
      return decryptor.decrypt(parseBatch(batchToBytes(header, residues), 'test'), 'test').values;
    });
    expect(shards.map(({ length }) => length / WIDTH)).toEqual([1024, 1024, 1024, 1024, 7]);
    const expected = new Float32Array(COUNT * WIDTH);
    await rows.readInto(0, expected);
    const values = shards.flatMap((shard) => [...shard]);
    expect(Math.max(...values.map((value, i) => Math.abs(value - (expected[i] ?? NaN))))).toBeLessThan(2 ** -8);
  });

  it('are held in memory two at a time, however long they take to write', async () => {
    const places = new Set<number>();
    const second = signal();
    let [held, most, begun] = [0, 0, 0];
    await encrypt(async (_header, { residues }) => {
      most = Math.max(most, ++held);
      places.add(residues.byteOffset);
      const first = Uint32Array.from(residues);
      if (++begun === 2) second.give();
      await second.given;
      await delay(5);
      // Nobody writes over a shard that is being written.
      expect(residues).toEqual(first);
      held--;
    });
    expect(most).toBe(2);
    expect(places.size).toBe(2);
  });

  it('are not written any more when one could not be', async () => {
    let begun = 0;
    await expect(encrypt(() => Promise.reject(new Error(`disk is full, ${++begun}`)))).rejects.toThrow(
      'disk is full, 1',
    );
    expect(begun).toBe(1);

    // One that is being written meanwhile is waited for.
    let ended = false;
    const second = signal();
    const failing = encrypt(async () => {
      if (++begun === 2) {
        await second.given;
        throw new Error('disk is full');
      }
      second.give();
      await delay(20);
      ended = true;
    });
    await expect(failing).rejects.toThrow('disk is full');
    expect([begun, ended]).toEqual([3, true]);
  });

  it('are not written any more when they could not be read', async () => {
    let ended = 0;
    const readInto = (from: number, target: Float32Array): Promise<void> =>
      from > 0 ? Promise.reject(new Error('the file is cut off')) : rows.readInto(from, target);
    const set = { parameters, keyFingerprint: fingerprintOf(keys.publicKey), inputScale: 2 ** 20 };
    const failing = encryptRows(pool, { ...rows, readInto }, set, async () => {
      await delay(50);
      ended++;
    });
    await expect(failing).rejects.toThrow('the file is cut off');
    expect(ended).toBe(1);
    // And the pool goes on.
    expect(await encrypt(() => Promise.resolve(1))).toEqual([1, 1, 1, 1, 1]);
  });
});
