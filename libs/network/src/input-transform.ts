import { InputError, digestSchema } from '@ciphernet/foundation';
import { z } from 'zod';
import type { Shape } from './shape.js';

/** Form of an input transform; what is left out changes nothing. */
export const inputTransformSchema = z
  .strictObject({
    /** Pixels removed at each side. */
    crop: z.number().int().min(0).max(64).default(0),
    /** Side of the square of pixels that becomes one feature; 1 keeps them. */
    mean: z.number().int().min(1).max(16).default(1),
    /** Digest of a public preprocessing that is described elsewhere: of tables, of images of any kind. */
    preprocessing: digestSchema.optional(),
  })
  .readonly();

/**
 * A public transform that the producer applies before it encrypts: crop a border, then take the mean of k×k pixels.
 * It is part of a dataset's identity: a model that declares another one is refused.
 */
export type InputTransform = z.infer<typeof inputTransformSchema>;

/** Images as they are. */
export const NO_TRANSFORM: InputTransform = Object.freeze({ crop: 0, mean: 1 });

/** Short name for messages and manifests: `none`, `crop2`, `mean2`, `crop1-mean2`. */
export function transformName(transform: InputTransform): string {
  const parts = [
    transform.crop > 0 ? `crop${transform.crop}` : '',
    transform.mean > 1 ? `mean${transform.mean}` : '',
    transform.preprocessing === undefined ? '' : `preprocessing-${transform.preprocessing.slice(0, 16)}`,
  ];
  return parts.filter((part) => part !== '').join('-') || 'none';
}

/** Shape after the transform. @throws InputError when nothing is left, or the mean does not divide what is left */
export function transformedShape(transform: InputTransform, shape: Shape): Shape {
  const height = (shape.height - 2 * transform.crop) / transform.mean;
  const width = (shape.width - 2 * transform.crop) / transform.mean;
  if (height < 1 || width < 1 || !Number.isInteger(height) || !Number.isInteger(width)) {
    throw new InputError(
      `transform ${transformName(transform)} does not fit images of ${shape.height}×${shape.width}`,
      {
        where: 'input transform',
        hint: 'the cropped height and width must be multiples of the mean',
      },
    );
  }
  return { height, width, channels: shape.channels };
}

/**
 * Applies the transform.
 *
 * @param shape of one image
 * @param images in [0, 1], count × height × width × channels; returned as they are when nothing is to do
 * @returns count × features
 * @throws InputError when the transform does not fit the shape
 */
export function applyTransform(transform: InputTransform, shape: Shape, images: Float32Array): Float32Array {
  const after = transformedShape(transform, shape);
  if (transform.crop === 0 && transform.mean === 1) return images;
  const { crop, mean } = transform;
  const channels = shape.channels;
  const pixels = shape.height * shape.width * channels;
  const count = images.length / pixels;
  const out = new Float32Array(count * after.height * after.width * channels);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < after.height; y++) {
      for (let x = 0; x < after.width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let dy = 0; dy < mean; dy++) {
            for (let dx = 0; dx < mean; dx++) {
              const row = crop + y * mean + dy;
              const column = crop + x * mean + dx;
              sum += images[n * pixels + (row * shape.width + column) * channels + c] ?? 0;
            }
          }
          out[at++] = sum / (mean * mean);
        }
      }
    }
  }
  return out;
}
