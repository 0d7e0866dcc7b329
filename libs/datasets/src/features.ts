import { type InputTransform, type Shape, applyTransform } from '@ciphernet/network';

/** Bytes as fractions in [0, 1], the range that every model here is trained on. */
function toUnitRange(images: Uint8Array): Float32Array {
  const unit = new Float32Array(images.length);
  for (let i = 0; i < images.length; i++) unit[i] = (images[i] ?? 0) / 255;
  return unit;
}

/**
 * What a model reads and the producer encrypts: pixels in [0, 1], then the public input transform. The one place where
 * bytes become features, so that calibration, encryption, comparison and validation cannot differ.
 *
 * @param images count × height × width × channels bytes
 * @returns count × features of the transform
 * @throws InputError when the transform does not fit the shape
 */
export function toFeatures(transform: InputTransform, shape: Shape, images: Uint8Array): Float32Array {
  return applyTransform(transform, shape, toUnitRange(images));
}
