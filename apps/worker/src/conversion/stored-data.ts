import { preprocessingSchema, taskSchema } from '@ciphernet/datasets';
import { IntegrityError, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import type { ConversionData, ExamplePart } from './conversion-data.js';

const partSchema = z.strictObject({
  count: z.number().int().min(1),
  values: z.number().int().nonnegative(),
  /** 0 where nobody knows the answers. */
  targets: z.number().int().nonnegative(),
});

const headerSchema = z.strictObject({
  format: z.literal('ciphernet-conversion-data'),
  version: z.literal(1),
  name: z.string().max(200),
  preprocessing: preprocessingSchema,
  task: taskSchema,
  classes: z.array(z.string().max(200)).max(256).readonly().optional(),
  training: partSchema,
  test: partSchema.optional(),
});

const MAGIC = 'CNCONV1\n';

const bytesOf = (list: Float32Array): Uint8Array => new Uint8Array(list.buffer, list.byteOffset, list.byteLength);

function lengthsOf({ count, values, targets }: ExamplePart): z.infer<typeof partSchema> {
  return { count, values: values.length, targets: targets?.length ?? 0 };
}

/** Training data as a blob: first bytes, length of a JSON header, the header, then float32 values and targets of each part. */
export function encodeConversionData(data: ConversionData): Uint8Array {
  const { name, preprocessing, task, classes, training, test } = data;
  const header = Buffer.from(
    JSON.stringify({
      format: 'ciphernet-conversion-data',
      version: 1,
      name,
      preprocessing,
      task,
      ...(classes === undefined ? {} : { classes }),
      training: lengthsOf(training),
      ...(test === undefined ? {} : { test: lengthsOf(test) }),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const parts = test === undefined ? [training] : [training, test];
  const arrays = parts.flatMap(({ values, targets = new Float32Array(0) }) => [bytesOf(values), bytesOf(targets)]);
  return Buffer.concat([Buffer.from(MAGIC, 'latin1'), length, header, ...arrays]);
}

/**
 * Parses what {@link encodeConversionData} made.
 *
 * @param where names it in errors
 * @throws IntegrityError for bytes that are not whole; InputError for a header that is wrong
 */
export function decodeConversionData(bytes: Uint8Array, where: string): ConversionData {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = MAGIC.length + 4;
  if (data.length < start || data.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new IntegrityError('not training data of a conversion', { where, hint: 'start the conversion anew' });
  }
  let at = start + data.readUInt32LE(MAGIC.length);
  const { training, test, ...rest } = parseOrThrow(
    headerSchema,
    parseJson(data.toString('utf8', start, at), where),
    where,
  );
  const sizes = [training, ...(test === undefined ? [] : [test])];
  const expected = sizes.reduce((sum, { values, targets }) => sum + 4 * (values + targets), at);
  if (expected !== data.length) {
    throw new IntegrityError(`${data.length} bytes, ${expected} are expected`, {
      where,
      hint: 'start the conversion anew',
    });
  }
  const take = (length: number): Float32Array => {
    const copy = new Float32Array(length);
    new Uint8Array(copy.buffer).set(data.subarray(at, (at += 4 * length)));
    return copy;
  };
  const [first, second] = sizes.map(({ count, values, targets }): ExamplePart => {
    const read = take(values);
    return { count, values: read, targets: targets === 0 ? undefined : take(targets) };
  });
  if (first === undefined) throw new IntegrityError('no examples', { where });
  return {
    name: rest.name,
    preprocessing: rest.preprocessing,
    task: rest.task,
    classes: rest.classes,
    training: first,
    test: second,
  };
}
