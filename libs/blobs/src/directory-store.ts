import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { InputError, IntegrityError, UnavailableError, sha256Hex } from '@ciphernet/foundation';
import { type BlobRef, type BlobStore, MAX_SMALL_BLOB } from './blob-store.js';
import { checkDigestName, checkRefName } from './names.js';
import { verifying } from './verifying.js';

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function storeError(error: unknown, where: string): Error {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const hint =
    code === 'ENOSPC'
      ? 'the disk is full: free space or set CIPHERNET_DATA to another disk'
      : 'the data folder must be writable; set CIPHERNET_DATA to another one';
  const kind = code === 'EACCES' || code === 'EROFS' || code === 'EPERM' ? InputError : UnavailableError;
  return new kind(`the blob store failed (${code})`, { where, hint, cause: error });
}

/**
 * Blobs in a directory: `blobs/ab/abcdef…`, references in `refs/…`. Writers stream to a temporary name in the same
 * file system and rename, so that several processes can share it.
 */
export async function openDirectoryStore(folder: string): Promise<BlobStore> {
  const root = resolve(folder);
  const temporary = join(root, 'partial');
  const pathOf = (digest: string): string => join(root, 'blobs', checkDigestName(digest).slice(0, 2), digest);
  try {
    await mkdir(temporary, { recursive: true });
    const probe = join(temporary, randomUUID());
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (error) {
    throw storeError(error, root);
  }

  const writeWhole = async (
    target: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> => {
    const partial = join(temporary, randomUUID());
    try {
      const file = await open(partial, 'wx');
      try {
        for await (const chunk of chunks) await file.writeFile(chunk);
      } finally {
        await file.close();
      }
      await mkdir(dirname(target), { recursive: true });
      await rename(partial, target);
    } catch (error) {
      throw error instanceof Error && error.name.endsWith('Error') && !('code' in error)
        ? error
        : storeError(error, target);
    } finally {
      await rm(partial, { force: true });
    }
  };

  const size = async (digest: string): Promise<number> => {
    try {
      return (await stat(pathOf(digest))).size;
    } catch (error) {
      if (!isMissing(error)) throw storeError(error, pathOf(digest));
      throw new IntegrityError(`blob ${digest} is not there`, {
        where: root,
        hint: 'encrypt, train or evaluate again',
      });
    }
  };

  const stream = async (digest: string): Promise<Readable> => {
    await size(digest);
    return Readable.from(verifying(createReadStream(pathOf(digest), { highWaterMark: 2 ** 20 }), digest, root));
  };

  return {
    description: `directory ${root}`,
    async put(content): Promise<BlobRef> {
      if (content instanceof Uint8Array) {
        const digest = sha256Hex(content);
        await writeWhole(pathOf(digest), [content]);
        return { digest, bytes: content.length };
      }
      // The address is known only at the end: stream to a temporary file first, then move it to its name.
      const staged = join(temporary, randomUUID());
      const hash = createHash('sha256');
      let bytes = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of content) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      };
      try {
        await writeWhole(staged, counted());
        const digest = hash.digest('hex');
        await mkdir(dirname(pathOf(digest)), { recursive: true });
        await rename(staged, pathOf(digest));
        return { digest, bytes };
      } finally {
        await rm(staged, { force: true });
      }
    },
    async has(digest) {
      try {
        await stat(pathOf(digest));
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw storeError(error, pathOf(digest));
      }
    },
    async get(digest, maxBytes = MAX_SMALL_BLOB) {
      const bytes = await size(digest);
      if (bytes > maxBytes) {
        throw new IntegrityError(`blob ${digest} has ${bytes} bytes, at most ${maxBytes} are expected`, {
          where: root,
        });
      }
      const content = await readFile(pathOf(digest));
      if (sha256Hex(content) !== digest) {
        throw new IntegrityError(`blob ${digest} holds other bytes than its address says`, {
          where: root,
          hint: 'the disk or a person changed it: delete it and make it again',
        });
      }
      // A plain Uint8Array: Buffer's slice() shares memory, which surprises whoever copies with it.
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    },
    stream,
    async local(digest, { verify = true } = {}) {
      const bytes = await size(digest);
      if (!verify) return { path: pathOf(digest), bytes, [Symbol.asyncDispose]: () => Promise.resolve() };
      for await (const _ of await stream(digest)) {
        // Reading to the end is the verification.
      }
      return { path: pathOf(digest), bytes, [Symbol.asyncDispose]: () => Promise.resolve() };
    },
    async setRef(name, text) {
      await writeWhole(join(root, 'refs', checkRefName(name)), [Buffer.from(text)]);
    },
    async getRef(name) {
      try {
        return await readFile(join(root, 'refs', checkRefName(name)), 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw storeError(error, name);
      }
    },
    async listRefs(prefix) {
      try {
        const entries = await readdir(join(root, 'refs', checkRefName(prefix)), {
          recursive: true,
          withFileTypes: true,
        });
        const base = join(root, 'refs');
        return entries
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
          .sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw storeError(error, prefix);
      }
    },
  };
}
