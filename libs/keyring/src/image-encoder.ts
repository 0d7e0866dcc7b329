import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError, sha256Hex } from '@ciphernet/foundation';
import type { EncodingKey } from './encoding-key.js';
import { type EncodedShape, MOST_ENCODED_VALUES, applyLayer, encodedShape, encodingLayers } from './encoding-layers.js';
import { keyStream } from './encoding-stream.js';

/** Deviation of the noise that is added to each encoded value, which is in [−1, 1]. */
const NOISE = 0.1;

/** The event loop gets a turn after so many images. */
const TURN = 500;

/** Encodes images of one size under one key. */
export interface ImageEncoder {
  /** Of an encoded image. */
  readonly shape: EncodedShape;
  /**
   * Encodes images, a byte a pixel, to bytes: 0 stands for −1, 255 for 1. Noise is drawn from the key, `part` and a digest of the
   * images: the same images give the same bytes, and other images never the same noise, whose difference would show what differs.
   *
   * @param images count × values of an image
   * @param part what the images are, like `train`
   * @returns count × height × width of {@link shape}
   * @throws RangeError for bytes that are no whole images; the signal's reason when it is aborted
   */
  encode(
    images: Uint8Array,
    part: string,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void },
  ): Promise<Uint8Array>;
  /** The secret order of a part's examples: at place i of the encoded copy is example order[i]. */
  order(count: number, part: string): Uint32Array;
  /** The secret names of classes: what the copy calls class c. */
  classes(count: number): Uint32Array;
}

/** An encoded value as a byte. */
const toByte = (value: number): number => Math.max(0, Math.min(255, Math.round(127.5 * (1 + value))));

/**
 * The encoder of a key for images of so many values.
 *
 * @param values height × width × channels of an image
 * @throws InputError for images that are empty or larger than 65,536 values
 */
export function createImageEncoder(key: EncodingKey, values: number): ImageEncoder {
  if (!Number.isInteger(values) || values < 1 || values > MOST_ENCODED_VALUES) {
    throw new InputError(`images of ${values} values`, {
      where: 'encoding',
      hint: `an image has 1 to ${MOST_ENCODED_VALUES} of them: reduce larger ones`,
    });
  }
  const layers = encodingLayers(key.bytes, values);
  const shape = encodedShape(values);
  const width = shape.height * shape.width;
  const widest = Math.max(...layers.map(({ size }) => size));
  return Object.freeze({
    shape,
    async encode(images, part, { signal, onProgress } = {}) {
      if (images.length % values !== 0)
        throw new RangeError(`${images.length} bytes are no images of ${values} values`);
      const count = images.length / values;
      const noise = keyStream(key.bytes, `noise ${part} ${sha256Hex(images)}`);
      const [room, example] = [new Float64Array(widest), new Float64Array(widest)];
      const encoded = new Uint8Array(count * width);
      for (let n = 0; n < count; n++) {
        if (n % TURN === 0) {
          onProgress?.(n);
          await nextTurn();
          signal?.throwIfAborted();
        }
        for (let i = 0; i < values; i++) example[i] = images[n * values + i]! / 255 - 0.5;
        for (const layer of layers) applyLayer(layer, example, example, room);
        for (let i = 0; i < width; i++) {
          encoded[n * width + i] = toByte(example[i]! + NOISE * noise.normal());
        }
      }
      onProgress?.(count);
      return encoded;
    },
    order: (count, part) => keyStream(key.bytes, `order ${part} ${count}`).permutation(count),
    classes: (count) => keyStream(key.bytes, `classes ${count}`).permutation(count),
  } satisfies ImageEncoder);
}
