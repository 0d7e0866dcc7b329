import { closeSync, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type BatchFile, batchSource } from '@ciphernet/artifacts';
import { describe, expect, it } from '@jest/globals';
import type { Engine } from '../src/engine.js';
import { digestOf } from './golden.js';
import { pause, rawCase, storedShard, watched } from './raw-case.js';

/** What an engine promises besides that can use several threads. */
export function describeThreads(engine: Engine): void {
  const options = { widths: [30, 12, 8, 5], primeBits: [30, 29, 30], rescales: [0, 1, 0] };
  /** Tiles take this thread so long that a helper pays, and does nearly all of the work. */
  const slowly = (file: BatchFile, onRead: () => void = () => undefined): BatchFile =>
    watched(file, () => {
      pause(60);
      onRead();
    });

  it('gives the same residues on any number of threads', async () => {
    const { shard, ...compiled } = rawCase(options, 77);
    await using stored = await storedShard(shard);
    const one = await engine.evaluate(compiled, stored.file, { threads: 1 });
    for (const threads of [2, 3, 1000]) {
      const many = await engine.evaluate(compiled, stored.file, { threads });
      expect(many.header).toEqual(one.header);
      expect(digestOf(many.residues)).toBe(digestOf(one.residues));
    }
  });

  it('takes a source that it does not share, on one thread', async () => {
    const { shard, ...compiled } = rawCase(options, 77);
    const one = await engine.evaluate(compiled, batchSource(shard));
    const many = await engine.evaluate(compiled, batchSource(shard), { threads: 4 });
    expect(digestOf(many.residues)).toBe(digestOf(one.residues));
  });

  const isFileShared = engine.capabilities.sharedSources.includes('file');
  (isFileShared && availableParallelism() > 1 ? describe : describe.skip)('with a helper that reads the file', () => {
    it('gives the same residues, tiles of the helper among them, and the file is verified', async () => {
      const { shard, ...compiled } = rawCase(options, 78);
      await using stored = await storedShard(shard);
      let reads = 0;
      const many = await engine.evaluate(
        compiled,
        slowly(stored.file, () => reads++),
        { threads: 2 },
      );
      // 16 tiles a prime: whatever this thread did not read, a helper did.
      expect(reads).toBeLessThan(48);
      stored.file.verify();
      const one = await engine.evaluate(compiled, batchSource(shard));
      expect(digestOf(many.residues)).toBe(digestOf(one.residues));
    });

    it('fails for a residue out of range in a tile that the helper reads', async () => {
      const { shard, ...compiled } = rawCase(options, 79);
      shard.residues[shard.residues.length - 1] = shard.header.primes[2] ?? 0;
      await using stored = await storedShard(shard);
      let reads = 0;
      const evaluation = engine.evaluate(
        compiled,
        slowly(stored.file, () => reads++),
        { threads: 2 },
      );
      await expect(evaluation).rejects.toMatchObject({
        name: 'IntegrityError',
        message: expect.stringMatching(/residue of \d+ is not below its prime .*prime 2, coefficients from 960/),
      });
      expect(reads).toBeLessThan(48);
    });

    it('notices a file that was changed after this thread had read a piece of it', async () => {
      const { shard, ...compiled } = rawCase(options, 80);
      let reads = 0;
      while (reads === 0) {
        await using stored = await storedShard(shard);
        const changing = slowly(stored.file, () => {
          if (reads++ > 0) return;
          // This thread has read and hashed the first tile. Even the same byte again makes another file.
          const file = openSync(stored.path, 'r+');
          writeSync(file, stored.bytes, 0, 1, 0);
          closeSync(file);
        });
        await engine.evaluate(compiled, changing, { threads: 2 });
        // On a busy machine a helper may have read everything before this thread did.
        if (reads === 0) continue;
        expect(() => stored.file.verify()).toThrow(
          expect.objectContaining({
            name: 'IntegrityError',
            message: expect.stringMatching(/changed while it was read/),
          }),
        );
      }
      expect(reads).toBeLessThan(48);
    });

    it('notices a byte that was changed before anybody read it', async () => {
      const { shard, ...compiled } = rawCase(options, 81);
      // 2 becomes 3: still a residue.
      shard.residues[shard.residues.length - 1] = 2;
      await using stored = await storedShard(shard);
      const changed = Uint8Array.from(stored.bytes);
      changed[changed.length - 4] = (changed[changed.length - 4] ?? 0) ^ 1;
      await writeFile(stored.path, changed);
      await engine.evaluate(compiled, slowly(stored.file), { threads: 2 });
      expect(() => stored.file.verify()).toThrow(expect.objectContaining({ name: 'IntegrityError' }));
    });

    it('stops the helper as well when it is cancelled', async () => {
      const { shard, ...compiled } = rawCase(options, 82);
      await using stored = await storedShard(shard);
      let reads = 0;
      let outcome: unknown;
      while (reads === 0) {
        const controller = new AbortController();
        const source = slowly(stored.file, () => {
          reads++;
          controller.abort();
        });
        outcome = await engine
          .evaluate(compiled, source, { threads: 2, signal: controller.signal })
          .catch((error: unknown) => error);
      }
      expect(reads).toBe(1);
      expect(outcome).toMatchObject({ name: 'AbortError' });
    });
  });
}
