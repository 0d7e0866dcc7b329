import { sha256Hex } from '@ciphernet/foundation';
import { type InputTransform, NO_TRANSFORM, type Shape, sizeOf } from '@ciphernet/network';
import { z } from 'zod';

/** Most features of an example: indices of a circuit are 16 bits. */
export const MOST_FEATURES = 65_536;

const finite = z.number().finite();
const scale = z.number().finite().positive();
const column = z.string().min(1).max(200);

const numberFeature = z.strictObject({
  kind: z.literal('number'),
  column,
  offset: finite.default(0),
  scale: scale.default(1),
  /** Takes the place of a missing value; without it a missing value is an error. */
  fill: finite.optional(),
});

const categoryFeature = z.strictObject({
  kind: z.literal('category'),
  column,
  /** A feature of 0 or 1 each, in this order. */
  categories: z.array(z.string().max(200)).min(1).max(4096).readonly(),
  /** True where a missing value, or one that is none of them, is all zeros; else it is an error. */
  unknownIsZero: z.boolean().default(false),
});

const dimension = z.number().int().min(1).max(1024);
const affine = {
  /** One for all values, or one a channel. */
  offset: z.array(finite).min(1).max(16).readonly(),
  scale: z.array(scale).min(1).max(16).readonly(),
};

/**
 * What is done to data before it is encrypted; public. A feature is (value − offset) / scale: constants that bring values to
 * about ±1, where encryption's error is smallest, and that come from public data or from whoever made the model. Models
 * undo them in their first map, so that they read values as they are.
 */
export const preprocessingSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('table'),
      features: z
        .array(z.discriminatedUnion('kind', [numberFeature, categoryFeature]))
        .min(1)
        .max(MOST_FEATURES)
        .readonly(),
    }),
    z.strictObject({
      kind: z.literal('images'),
      height: dimension,
      width: dimension,
      channels: z.union([z.literal(1), z.literal(3)]),
      /** Colour becomes grey. */
      grey: z.boolean().default(false),
      /** Images of another size are resized; without it they are refused. */
      resize: z.boolean().default(false),
      /** The centre of what is too wide or too high is taken before. */
      crop: z.boolean().default(false),
      /** Whose decoder: two of JPEG differ. */
      decoder: z.string().max(200),
      ...affine,
    }),
    z.strictObject({
      kind: z.literal('array'),
      height: dimension,
      width: dimension,
      channels: z.number().int().min(1).max(MOST_FEATURES),
      ...affine,
    }),
  ])
  .readonly();

/** A parsed description of preprocessing. */
export type Preprocessing = z.infer<typeof preprocessingSchema>;

/** A feature of a table: a number, or a category that becomes several. */
export type TableFeature = Extract<Preprocessing, { kind: 'table' }>['features'][number];

/** Shape of an example after preprocessing. */
export function shapeOf(preprocessing: Preprocessing): Shape {
  if (preprocessing.kind === 'table') {
    const width = preprocessing.features.reduce(
      (sum, feature) => sum + (feature.kind === 'number' ? 1 : feature.categories.length),
      0,
    );
    return { height: 1, width: 1, channels: width };
  }
  const { height, width, channels } = preprocessing;
  return { height, width, channels };
}

/** Offset and scale of each feature: value = feature · scale + offset. Both of length `sizeOf(shapeOf(…))`. */
export function affineOfFeatures(preprocessing: Preprocessing): {
  readonly offsets: Float64Array;
  readonly scales: Float64Array;
} {
  const size = sizeOf(shapeOf(preprocessing));
  const offsets = new Float64Array(size);
  const scales = new Float64Array(size).fill(1);
  if (preprocessing.kind === 'table') {
    let at = 0;
    for (const feature of preprocessing.features) {
      if (feature.kind === 'number') {
        offsets[at] = feature.offset;
        scales[at] = feature.scale;
        at++;
      } else at += feature.categories.length;
    }
  } else {
    const { offset, scale: factor } = preprocessing;
    for (let i = 0; i < size; i++) {
      offsets[i] = offset[i % offset.length] ?? 0;
      scales[i] = factor[i % factor.length] ?? 1;
    }
  }
  return { offsets, scales };
}

/** Features of values, examples × features: (value − offset) / scale. */
export function normalised(values: Float32Array | Float64Array, preprocessing: Preprocessing): Float32Array {
  const { offsets, scales } = affineOfFeatures(preprocessing);
  const width = offsets.length;
  return Float32Array.from(values, (value, i) => (value - (offsets[i % width] ?? 0)) / (scales[i % width] ?? 1));
}

/** The same description, the same digest: what a dataset and a model have to agree on. */
export function preprocessingDigest(preprocessing: Preprocessing): string {
  return sha256Hex(JSON.stringify(preprocessingSchema.parse(preprocessing)));
}

/** The input transform of data that is preprocessed so. */
export function transformFor(preprocessing: Preprocessing): InputTransform {
  return Object.freeze({ ...NO_TRANSFORM, preprocessing: preprocessingDigest(preprocessing) });
}
