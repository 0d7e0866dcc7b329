import { RING_NAMES, slotsOf } from '@ciphernet/ckks';
import { IntegrityError, digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import { PLAIN_VERSION, bodyBytes } from './batch-layout.js';
import { MIN_PACKED_BITS } from './packed-words.js';

/**
 * The wire format of encrypted batches, for shards (features) and results (logits) alike.
 *
 *     "CIPHNET1"   8 bytes
 *     length       uint32, little-endian: bytes of the JSON header
 *     header       JSON, padded with spaces so that the body starts at a multiple of 64
 *     body         residues of `wordBits` bits (32: little-endian words): [prime][tile][component][ciphertext][coefficient of the tile];
 *                  with a seed the first component alone, the second comes from it (seeded-mask.ts)
 *
 * Residues are in NTT form, in SEAL's order. An evaluator works on one prime and one tile of coefficients at a time,
 * so it reads the body front to back, a tile's bytes in one piece. Nothing in a batch says that it is whole: its address does,
 * which is the SHA-256 of all of it.
 */
const MAGIC = 'CIPHNET1';
const PREFIX = MAGIC.length + 4;
const ALIGNMENT = 64;
const MAX_HEADER_BYTES = 4096;
/** Version of batches with a seed, which version 3 expanded otherwise. */
export const SEEDED_VERSION = 4;
const OTHER_VERSION = 'is of another version: encrypt the dataset again';

const headerSchema = z
  .strictObject({
    version: z.literal([PLAIN_VERSION, SEEDED_VERSION], { error: OTHER_VERSION }),
    kind: z.enum(['shard', 'result']),
    parametersDigest: digestSchema,
    keyFingerprint: digestSchema,
    ring: z.enum(RING_NAMES),
    ringDegree: z.literal([1024, 2048, 4096, 8192, 16384, 32768]),
    /** Primes of the residues: the first ones of the parameter set. */
    primes: z
      .array(
        z
          .number()
          .int()
          .min(3)
          .max(2 ** 30 - 1),
      )
      .min(1)
      .max(8)
      .readonly(),
    /** Ciphertexts: features of a shard, logits of a result. */
    ciphertexts: z.number().int().min(1).max(65_536),
    components: z.number().int().min(2).max(9),
    /** Coefficients of a tile. */
    tile: z.number().int().min(4).max(32_768),
    /** Slots in use, 1 to N / 2; to N in the conjugate-invariant ring. */
    images: z.number().int().min(1),
    scale: z.number().positive().finite(),
    /** Values held two to a ciphertext, in real and imaginary parts; absent where a ciphertext is a value, as in real slots. */
    values: z.number().int().min(1).max(131_072).optional(),
    /** Of the second components of a shard of symmetric ciphertexts. */
    seed: digestSchema.optional(),
    /** Bits of a residue in the body: 32 in shards, which are streamed as words, the primes' own size in results. */
    wordBits: z.union([z.literal(32), z.number().int().min(MIN_PACKED_BITS).max(30)]),
  })
  .refine((h) => h.ringDegree % h.tile === 0, { path: ['tile'], message: 'does not divide the ring degree' })
  .refine((h) => h.values === undefined || Math.ceil(h.values / 2) === h.ciphertexts, {
    path: ['values'],
    message: 'does not fit two to a ciphertext',
  })
  .refine((h) => h.primes.every((prime) => prime <= 2 ** h.wordBits), { path: ['wordBits'], message: 'is too small' })
  .refine((h) => h.values === undefined || h.ring === 'standard', { path: ['values'], message: 'needs complex slots' })
  .refine((h) => h.seed === undefined || (h.kind === 'shard' && h.components === 2), {
    path: ['seed'],
    message: 'is of a fresh shard only',
  })
  .refine((h) => (h.version === SEEDED_VERSION) === (h.seed !== undefined), {
    path: ['version'],
    message: OTHER_VERSION,
  })
  .refine((h) => h.images <= slotsOf(h), { path: ['images'], message: 'is more than the slots' })
  .readonly();

/** What a batch is; see the schema for ranges. */
export type BatchHeader = z.infer<typeof headerSchema>;

/** Header bytes, ready to be followed by the body. */
export function encodeHeader(header: BatchHeader): Uint8Array {
  const json = JSON.stringify(header);
  const length = Math.ceil((PREFIX + json.length) / ALIGNMENT) * ALIGNMENT - PREFIX;
  const bytes = new Uint8Array(PREFIX + length).fill(0x20);
  const text = new TextEncoder();
  bytes.set(text.encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, length, true);
  bytes.set(text.encode(json), PREFIX);
  return bytes;
}

/** The most bytes a header can take: read this many of a file, then parse. */
export const HEADER_READ_BYTES = PREFIX + MAX_HEADER_BYTES;

/**
 * Parses the start of a batch.
 *
 * @param start the first bytes, at least the whole header
 * @param totalBytes length of the whole batch, which must be the header's and the body's exactly
 * @param where names the batch in errors
 * @throws IntegrityError for anything but a batch of that length; InputError when the header is not JSON
 */
export function parseHeader(
  start: Uint8Array,
  totalBytes: number,
  where: string,
): { readonly header: BatchHeader; readonly bodyOffset: number } {
  const fail = (what: string): never => {
    throw new IntegrityError(what, { where, hint: 'encrypt or evaluate again; the blob is damaged' });
  };
  if (start.length < PREFIX) fail(`${totalBytes} bytes are too few for a batch`);
  if (Buffer.from(start.buffer, start.byteOffset, MAGIC.length).toString('latin1') !== MAGIC)
    fail('not an encrypted batch');
  const length = new DataView(start.buffer, start.byteOffset).getUint32(MAGIC.length, true);
  const bodyOffset = PREFIX + length;
  if (length > MAX_HEADER_BYTES || bodyOffset > start.length || bodyOffset % ALIGNMENT !== 0)
    fail('header length is wrong');
  const json = parseJson(new TextDecoder().decode(start.subarray(PREFIX, bodyOffset)), where);
  let header: BatchHeader;
  try {
    header = parseOrThrow(headerSchema, json, where);
  } catch (cause) {
    throw new IntegrityError(cause instanceof Error ? cause.message : 'header is not valid', { cause });
  }
  const expected = bodyOffset + bodyBytes(header);
  if (totalBytes !== expected) fail(`${totalBytes} bytes, but the header describes ${expected}`);
  return { header, bodyOffset };
}
