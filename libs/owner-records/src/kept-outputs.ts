import { outputsOf, taskSchema } from '@ciphernet/datasets';
import { InputError, digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { protect, protectionSchema, unprotect } from '@ciphernet/identity';
import { z } from 'zod';

/** Of all outputs of one evaluation: 2^27 values, a thousand of a hundred thousand examples. */
const MOST_OUTPUT_BYTES = 2 ** 30;
const VALUE_BYTES = 8;
const MAGIC = Buffer.from('CNOUTPUT');
/** The magic word, and the length of the JSON header as four bytes, the lowest first. */
const FIXED_BYTES = MAGIC.length + 4;
const MOST_JSON_BYTES = 4096;

/** What of a file has to be read for its header. */
export const MOST_HEADER_BYTES = FIXED_BYTES + MOST_JSON_BYTES;

const fields = {
  evaluation: z.string().regex(/^[a-z][a-z0-9-]{2,63}$/, 'is not the id of an evaluation'),
  keptAt: z.iso.datetime(),
  /** Manifest of the encrypted dataset. */
  dataset: digestSchema,
  /** Digest of the model. */
  model: digestSchema,
  /** SHA-256 of the targets of the examples, which says whether two evaluations are of the same ones. */
  targetsDigest: digestSchema,
  task: taskSchema,
  /** How outputs become probabilities. */
  link: z.enum(['softmax', 'sigmoid', 'identity', 'score']),
  /** Outputs of one example. */
  width: z.number().int().min(1).max(256),
  /** Examples. */
  count: z
    .number()
    .int()
    .positive()
    .max(MOST_OUTPUT_BYTES / VALUE_BYTES),
};
const fieldsSchema = z.strictObject(fields);
const fileSchema = z.strictObject({
  format: z.literal('ciphernet-outputs'),
  version: z.literal(1),
  ...fields,
  protection: protectionSchema,
});
type FileHeader = z.infer<typeof fileSchema>;

/** Which outputs a file holds: nothing of an example, so it stands in the clear, authenticated with the outputs. */
export type OutputsHeader = z.infer<typeof fieldsSchema>;

/** What a model gave each example. As private as the data. */
export interface KeptOutputs extends OutputsHeader {
  /** count × width, in the order of the data; finite. */
  readonly outputs: Float64Array;
}

/** @throws InputError without a passphrase: outputs are not kept in the clear */
export function assertKeepable(passphrase: string | undefined): asserts passphrase is string {
  if (passphrase !== undefined && passphrase !== '') return;
  throw new InputError('outputs are kept under a passphrase only, and there is none', {
    where: 'keepOutputs',
    hint: 'set CIPHERNET_PASSPHRASE where results are decrypted, or take keepOutputs out of policy.json, and evaluate again',
  });
}

function assertSize({ width, count, task }: OutputsHeader, where: string): void {
  const widths = task.kind === 'binary' ? [1, 2] : [outputsOf(task)];
  if (widths.includes(width) && width * count * VALUE_BYTES <= MOST_OUTPUT_BYTES) return;
  throw new InputError(`${count} × ${width} outputs of a ${task.kind} task`, {
    where,
    hint: `as many an example as the task has, and at most ${MOST_OUTPUT_BYTES} bytes together`,
  });
}

/** What GCM authenticates besides the outputs: every field that says what they are, in one order. */
function boundFields(header: OutputsHeader): string {
  const { evaluation, keptAt, dataset, model, targetsDigest, task, link, width, count } = header;
  const what = [evaluation, keptAt, dataset, model, targetsDigest, task.kind, outputsOf(task), link, width, count];
  return `ciphernet-outputs 1 ${JSON.stringify(what)}`;
}

/**
 * Outputs as a file: `CNOUTPUT`, the length of the JSON header (uint32, little-endian), the header, and count × width
 * float64, little-endian, under AES-256-GCM with a key of the passphrase by scrypt, as secret keys are.
 *
 * @throws InputError without a passphrase, and for outputs that are too many, not finite or not what their header says
 */
export async function sealOutputs(
  { outputs, ...header }: KeptOutputs,
  passphrase: string | undefined,
): Promise<Uint8Array> {
  assertKeepable(passphrase);
  const checked = parseOrThrow(fieldsSchema, header, 'outputs');
  assertSize(checked, 'outputs');
  const { count, width } = checked;
  if (outputs.length !== count * width || !outputs.every(Number.isFinite)) {
    throw new InputError(`${outputs.length} outputs of ${count} × ${width}, or one that is not a number`, {
      where: 'outputs',
      hint: 'all outputs of all examples, each finite',
    });
  }
  const plain = new Uint8Array(outputs.length * VALUE_BYTES);
  const view = new DataView(plain.buffer);
  outputs.forEach((value, i) => {
    view.setFloat64(i * VALUE_BYTES, value, true);
  });
  const { protection, bytes } = await protect(plain, passphrase, boundFields(checked));
  plain.fill(0);
  const file: FileHeader = { format: 'ciphernet-outputs', version: 1, ...checked, protection };
  const json = Buffer.from(JSON.stringify(file));
  const length = Buffer.alloc(FIXED_BYTES - MAGIC.length);
  length.writeUInt32LE(json.length);
  return Buffer.concat([MAGIC, length, json, bytes]);
}

/** A file's header with its protection, and where the outputs begin. */
function parseFileHeader(
  head: Uint8Array,
  fileBytes: number,
  where: string,
): { readonly header: FileHeader; readonly bodyOffset: number } {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const isOurs = bytes.length >= FIXED_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC);
  const length = isOurs ? bytes.readUInt32LE(MAGIC.length) : 0;
  const bodyOffset = FIXED_BYTES + length;
  if (!isOurs || length > MOST_JSON_BYTES || bodyOffset > bytes.length) {
    throw new InputError('not a file of kept outputs, or cut off', {
      where,
      hint: 'delete it, and evaluate again to keep them once more',
    });
  }
  const text = bytes.toString('utf8', FIXED_BYTES, bodyOffset);
  const header = parseOrThrow(fileSchema, parseJson(text, where), where);
  assertSize(header, where);
  const expected = bodyOffset + header.count * header.width * VALUE_BYTES;
  if (fileBytes !== expected) {
    throw new InputError(`${fileBytes} bytes, its header says ${expected}`, {
      where,
      hint: 'the file was cut off or changed: delete it, and evaluate again to keep the outputs once more',
    });
  }
  return { header, bodyOffset };
}

function headerOf({
  format: _format,
  version: _version,
  protection: _protection,
  ...header
}: FileHeader): OutputsHeader {
  return header;
}

/**
 * What a file says of itself. Not authenticated before {@link openOutputs}.
 *
 * @param head the first {@link MOST_HEADER_BYTES} of it, or all
 * @param fileBytes its length
 * @throws InputError when it is no such file, or of another length than it says
 */
export function outputsHeaderOf(head: Uint8Array, fileBytes: number, where: string): OutputsHeader {
  return headerOf(parseFileHeader(head, fileBytes, where).header);
}

/**
 * The outputs of a file again.
 *
 * @throws InputError when it is no such file, cut off or changed, or the passphrase is missing or wrong
 */
export async function openOutputs(
  bytes: Uint8Array,
  passphrase: string | undefined,
  where: string,
): Promise<KeptOutputs> {
  const { header, bodyOffset } = parseFileHeader(bytes, bytes.length, where);
  if (header.protection.kind === 'none') {
    throw new InputError('outputs that are not under a passphrase', { where, hint: 'this file was not made here' });
  }
  const named = { secret: 'the outputs are', file: 'file of outputs' };
  const said = headerOf(header);
  const body = bytes.subarray(bodyOffset);
  const plain = await unprotect(body, header.protection, passphrase, boundFields(said), where, named);
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const outputs = Float64Array.from({ length: header.count * header.width }, (_, i) =>
    view.getFloat64(i * VALUE_BYTES, true),
  );
  plain.fill(0);
  return { ...said, outputs };
}
