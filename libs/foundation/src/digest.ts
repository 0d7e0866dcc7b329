import { createHash } from 'node:crypto';
import { z } from 'zod';

// Schemas here parse a few times a process; compiling each into a function of its own takes longer than all that it parses, and more
// than a tenth of a short command. Set where the first schema is made.
z.config({ jitless: true });

/** The address of bytes: their SHA-256 as 64 lower-case hex digits. What manifests, records and jobs refer to blobs by. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 digest');

/** True for 64 lower-case hex digits. */
export function isDigest(text: string): boolean {
  return digestSchema.safeParse(text).success;
}

/** SHA-256 of bytes, or of a text's UTF-8, as 64 hex digits. */
export function sha256Hex(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
