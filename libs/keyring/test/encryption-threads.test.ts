import { setTimeout as pause } from 'node:timers/promises';
import { createParameters, slotsOf } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { PAGE_BYTES, createSharedMemory } from '@ciphernet/ring';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { layOutEncryption } from '../src/encryption-memory.js';
import { createEncryptionPool } from '../src/encryption-pool.js';
import { beginThread, startEncryptionThreads } from '../src/encryption-threads.js';
import { generateKeys } from '../src/generate.js';
import { encryptionBytes } from '../src/shard-bytes.js';

const parameters = createParameters(1024, [30], 30);
const shard = { features: new Float32Array(4), images: 4 };
let key: Uint8Array;
beforeAll(async () => {
  key = (await generateKeys(parameters)).secretKey;
});
const start = () => ({ parameters, mode: 'symmetric', key }) as const;

describe('threads that are started ahead', () => {
  it('encrypt once they have a key, and end with their pool', async () => {
    const threads = startEncryptionThreads(2);
    {
      await using pool = await createEncryptionPool(start(), threads);
      expect(pool.threads).toBe(2);
      using encrypted = await pool.encryptShard(shard, { scale: 1024, tile: 4 });
      expect(encrypted.residues.length).toBe(1024);
    }
    expect(threads.workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it('encrypt in memory that was made ahead, which two shards fill', async () => {
    const rows = { count: 2 * slotsOf(parameters), width: 3 };
    const bytes = encryptionBytes(start(), rows, 2);
    await using threads = startEncryptionThreads(2, bytes);
    const memory = threads.takeMemory!();
    await using pool = await createEncryptionPool(start(), threads);
    const features = new Float32Array(3 * slotsOf(parameters));
    const encrypt = () => pool.encryptShard({ features, images: slotsOf(parameters) }, { scale: 1024, tile: 4 });
    using first = await encrypt();
    using second = await encrypt();
    expect(first.residues.buffer).toBe(memory.buffer);
    expect(second.residues.buffer).toBe(memory.buffer);
    expect(memory.buffer.byteLength).toBe(Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
    using third = await encrypt();
    expect(third.residues.length).toBe(first.residues.length);
    expect(memory.buffer.byteLength).toBeGreaterThan(bytes);
  });

  it('have memory given ahead', async () => {
    const bytes = 2 ** 28;
    const before = process.memoryUsage.rss();
    await using threads = startEncryptionThreads(1, bytes);
    expect(threads.workers).toHaveLength(1);
    const isGiven = (): boolean => process.memoryUsage.rss() - before > 0.9 * bytes;
    for (let end = Date.now() + 30_000; !isGiven() && Date.now() < end;) await pause(20);
    expect(isGiven()).toBe(true);
  }, 40_000);

  it('change nothing in memory that they have given, and stop once it is taken', async () => {
    const bytes = 2 ** 31;
    await using threads = startEncryptionThreads(1, bytes);
    const end = layOutEncryption(parameters, 1).end;
    const part = new Uint8Array(threads.takeMemory!().buffer, end, 64 * PAGE_BYTES).fill(0x5a);
    const before = process.memoryUsage.rss();
    // Its thread answers after what it was asked before.
    await using pool = await createEncryptionPool(start(), threads);
    expect(pool.threads).toBe(1);
    expect(process.memoryUsage.rss() - before).toBeLessThan(0.5 * bytes);
    expect(part.every((byte) => byte === 0x5a)).toBe(true);
  });

  it('are given no more memory ahead than there can be', () => {
    const most = encryptionBytes(start(), { count: 4096, width: 1e6 }, 2);
    expect(most).toBe(2 ** 32);
  });

  it('end where their pool cannot be made', async () => {
    const threads = startEncryptionThreads(2);
    const wrong = { ...start(), parameters: createParameters(1024, [28], 30) };
    await expect(createEncryptionPool(wrong, threads)).rejects.toThrow(/key does not fit/);
    expect(threads.workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it('end where nothing was made of them, more than once if need be', async () => {
    await using threads = startEncryptionThreads(1);
    await threads[Symbol.asyncDispose]();
    expect(elementAt(threads.workers, 0).threadId).toBe(-1);
  });

  it('take one key', async () => {
    const threads = startEncryptionThreads(1);
    await using pool = await createEncryptionPool(start(), threads);
    const worker = elementAt(threads.workers, 0);
    const other = { ...start(), encryptor: 'simd', memory: createSharedMemory(2 ** 20), index: 0, threads: 1 } as const;
    await expect(beginThread(worker, other)).rejects.toThrow(/thread that has a key already/);
    using encrypted = await pool.encryptShard(shard, { scale: 1024, tile: 4 });
    expect(encrypted.residues.some((residue) => residue !== 0)).toBe(true);
  });

  it('end where memory cannot be had', async () => {
    const threads = startEncryptionThreads(1);
    const huge = { ...parameters, ringDegree: 2 ** 26 };
    await expect(createEncryptionPool({ ...start(), parameters: huge }, threads)).rejects.toThrow(RangeError);
    expect(elementAt(threads.workers, 0).threadId).toBe(-1);
  });

  it('say why they ended, where they know', async () => {
    await using threads = startEncryptionThreads(1);
    const worker = elementAt(threads.workers, 0);
    worker.emit('error', new Error('no memory left'));
    await worker.terminate();
    await expect(createEncryptionPool(start(), threads)).rejects.toThrow(/an encryption thread ended: no memory left/);
  });

  it('are missed where one ended before, while and after it was given its key', async () => {
    const before = startEncryptionThreads(2);
    await elementAt(before.workers, 1).terminate();
    await expect(createEncryptionPool(start(), before)).rejects.toThrow(/an encryption thread ended/);

    const meanwhile = startEncryptionThreads(2);
    const making = createEncryptionPool(start(), meanwhile);
    await elementAt(meanwhile.workers, 0).terminate();
    await expect(making).rejects.toThrow(/an encryption thread ended/);

    const after = startEncryptionThreads(2);
    await using pool = await createEncryptionPool(start(), after);
    await elementAt(after.workers, 0).terminate();
    await expect(pool.encryptShard(shard, { scale: 1024, tile: 4 })).rejects.toThrow(/an encryption thread ended/);
  });
});
