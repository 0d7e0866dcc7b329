import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobStore, LocalBlob } from './blob-store.js';
import { checkDigestName } from './names.js';
import { verifying } from './verifying.js';

/** Where local copies are kept, and how many. */
export interface LocalCacheOptions {
  /** On one file system, for this store's blobs only; several processes may share it. */
  readonly folder: string;
  /** Above this, the blobs that were not used for longest are dropped. */
  readonly maxBytes: number;
}

/** Leases of processes that were killed are dropped after so long; none is held for nearly that. */
const LEASE_MS = 86_400_000;

/** Drops what was not used for longest, until the rest is within the limit, and leases that were never returned. */
async function evict(folder: string, maxBytes: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const known = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      // Another process may drop it first.
      const found = await stat(path).catch(() => undefined);
      return { path, isLease: entry.isDirectory(), bytes: found?.size ?? 0, usedAt: found?.mtimeMs ?? Infinity };
    }),
  );
  for (const lease of known.filter(({ isLease, usedAt }) => isLease && usedAt < Date.now() - LEASE_MS)) {
    await rm(lease.path, { recursive: true, force: true });
  }
  const blobs = known.filter(({ isLease }) => !isLease).sort((a, b) => b.usedAt - a.usedAt);
  let total = 0;
  for (const { path, bytes } of blobs) {
    total += bytes;
    if (total > maxBytes) await rm(path, { force: true });
  }
}

/**
 * Keeps local copies of a remote store's blobs: a worker reads a shard again for every checkpoint and every model. Readers
 * hold a hard link of their own, so that dropping a copy takes nothing from under them.
 *
 * @returns the store, whose `local` goes through the cache and always verifies
 */
export async function withLocalCache(store: BlobStore, { folder, maxBytes }: LocalCacheOptions): Promise<BlobStore> {
  await mkdir(folder, { recursive: true });

  const lease = async (fill: (path: string) => Promise<void>): Promise<LocalBlob> => {
    const own = await mkdtemp(join(folder, 'lease-'));
    const remove = (): Promise<void> => rm(own, { recursive: true, force: true });
    const path = join(own, randomUUID());
    try {
      await fill(path);
      const { size: bytes } = await stat(path);
      return { path, bytes, [Symbol.asyncDispose]: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  };

  const isWhole = async (path: string, digest: string): Promise<boolean> => {
    try {
      for await (const _ of verifying(createReadStream(path), digest, folder));
      return true;
    } catch {
      return false;
    }
  };

  return {
    ...store,
    description: `${store.description}, cached in ${folder}`,
    async local(digest, options) {
      const cached = join(folder, checkDigestName(digest));
      const found = await lease((path) => link(cached, path)).catch(() => undefined);
      if (found !== undefined) {
        // Also for a caller that verifies while it reads: damage to a copy must not fail job after job.
        if (await isWhole(found.path, digest)) {
          const now = new Date();
          await utimes(found.path, now, now);
          return found;
        }
        await found[Symbol.asyncDispose]();
        await rm(cached, { force: true });
      }
      const fetched = await lease(async (path) =>
        pipeline(await store.stream(digest, options?.maxBytes), createWriteStream(path)),
      );
      // Another reader may have linked the same bytes first.
      if (fetched.bytes <= maxBytes) await link(fetched.path, cached).catch(() => undefined);
      await evict(folder, maxBytes);
      return fetched;
    },
  };
}
