import { type BigIntStats, fstatSync } from 'node:fs';

/**
 * A file that was just written may be written again within the same tick of the file system's clock, unseen: only one
 * that rested for so long is remembered.
 */
const RESTED_MS = 1000;

/** Digests are 64 characters and identities some 60: at most a few megabytes a thread. */
const MOST = 10_000;

/** What the files were whose digests this thread has verified, by digest. */
const identities = new Map<string, string>();

/**
 * What changes whenever a file does. The change time cannot be set back, by contrast with the modification time:
 * writing to the file, or putting another one in its place, leaves another identity.
 */
function identityOf(stats: BigIntStats): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** A look at an open file: whether it is the one that was verified before, and still the same at the end. */
export interface FileIdentity {
  readonly bytes: number;
  /** True when this very file was verified before and has not been touched since. */
  isVerified(digest: string): boolean;
  /** True when nothing touched the file since it was opened. */
  isUnchanged(): boolean;
  /** Remembers that the file had the digest when it was opened, unless it was touched since. */
  remember(digest: string): void;
}

/** Looks at a file that is open. @param file its descriptor, open until the last use of what is returned */
export function identifyFile(file: number): FileIdentity {
  const opened = fstatSync(file, { bigint: true });
  const identity = identityOf(opened);
  const isUnchanged = (): boolean => identityOf(fstatSync(file, { bigint: true })) === identity;
  return {
    bytes: Number(opened.size),
    isVerified: (digest) => identities.get(digest) === identity,
    isUnchanged,
    remember(digest) {
      if (Date.now() - Number(opened.ctimeMs) < RESTED_MS || !isUnchanged()) return;
      if (identities.size >= MOST) identities.clear();
      identities.set(digest, identity);
    },
  };
}
