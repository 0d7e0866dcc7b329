import { IntegrityError, digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

const side = z.number().int().min(1).max(256);
const count = z.number().int().min(1).max(10_000_000);

const schema = z
  .strictObject({
    format: z.literal('ciphernet-stored-images'),
    version: z.literal(1),
    /** What models and reports call the set. */
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'is not a plain name'),
    /** What whoever stored it wants known of it: that it is obfuscated, and no more than that. */
    note: z.string().max(200),
    height: side,
    width: side,
    classes: z.number().int().min(2).max(256),
    /** Trained on. `images` is a blob of count × height × width bytes, `labels` one of count bytes, each a class. */
    train: z.strictObject({ count, images: digestSchema, labels: digestSchema }).readonly(),
    /** Evaluated on: workers answer with predictions, and what is right stays with the owner. */
    test: z.strictObject({ count, images: digestSchema }).readonly(),
  })
  .readonly();

/**
 * A set of grey images in the store, **in the clear** for whoever reads the store: what a training job may name besides the public
 * datasets. Its owner has put there only what workers may see, like images that are encoded.
 */
export type StoredImages = Omit<z.infer<typeof schema>, 'format' | 'version'>;

/** Most bytes of a part's images: what a worker holds in memory. */
const MOST_BYTES = 2 ** 31;

/** UTF-8 JSON, version 1; the same set gives the same bytes. */
export function storedImagesToBytes(set: StoredImages): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: 'ciphernet-stored-images', version: 1, ...set }));
}

/**
 * Parses the description of a set.
 *
 * @param where names it in errors
 * @throws InputError for a field that is wrong; IntegrityError for a part that is larger than a worker reads
 */
export function storedImagesFromBytes(bytes: Uint8Array, where: string): StoredImages {
  const {
    format: _format,
    version: _version,
    ...set
  } = parseOrThrow(
    schema,
    parseJson(new TextDecoder().decode(bytes), where),
    where,
    'give the digest that `dataset encode` printed',
  );
  const most = Math.max(set.train.count, set.test.count) * set.height * set.width;
  if (most > MOST_BYTES) throw new IntegrityError(`${most} bytes of images, at most ${MOST_BYTES} are read`, { where });
  return Object.freeze(set);
}
