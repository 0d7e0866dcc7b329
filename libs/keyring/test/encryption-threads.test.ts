import { createParameters } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { createSharedMemory } from '@ciphernet/ring';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createEncryptionPool } from '../src/encryption-pool.js';
import { beginThread, startEncryptionThreads } from '../src/encryption-threads.js';
import { generateKeys } from '../src/generate.js';

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
