import { setImmediate } from 'node:timers/promises';
import { InputError } from '@ciphernet/foundation';
import { byteGate } from './byte-gate.js';
import { planDecoding } from './decode.js';
import type { ImageEntry } from './image-entry.js';
import { openImageFile } from './image-file.js';
import { DECODE_LIMITS, type DecodeLimits } from './pixels.js';
import {
  type ImageShape,
  type ImageTransform,
  checkTransform,
  transformPixels,
  transformedImageShape,
} from './transform.js';

/** Consecutive images of a set. */
export interface ImageBlock {
  /** Index of the first. */
  readonly first: number;
  readonly count: number;
  /** Of every image of the set. */
  readonly shape: ImageShape;
  /** In [0, 1], count × height × width × channels. */
  readonly values: Float32Array;
}

export interface ReadImagesOptions {
  /** What every image must be after its transform; the first image's shape unless given. */
  readonly expected?: ImageShape | undefined;
  readonly limits?: DecodeLimits | undefined;
  /** Called after each block. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Images under way at a time: more than there are threads, so that none waits for the disk. */
const UNDER_WAY = 16;
/** Small images come without a single turn of the event loop; after so many it gets one. */
const TURN = 32;
/** Of files, and of decoders, that are held at a time; a single image may be larger and is then alone. */
const GATE_BYTES = 128 * 2 ** 20;
/** Of a block of values. */
const BLOCK_BYTES = 4 * 2 ** 20;

interface Features {
  readonly shape: ImageShape;
  readonly values: Float32Array;
}

const sizeOf = ({ height, width, channels }: ImageShape): string => `${height}×${width}×${channels}`;
const featuresOf = ({ height, width, channels }: ImageShape): number => height * width * channels;

function checkShape(entry: ImageEntry, shape: ImageShape, expected: ImageShape, given: boolean): void {
  if (sizeOf(shape) === sizeOf(expected)) return;
  throw new InputError(
    `an image of ${sizeOf(shape)}, where ${given ? '' : 'the first is '}${sizeOf(expected)}${given ? ' is expected' : ''}`,
    {
      where: entry.path,
      hint: 'bring all images to one size by a resize, and to one number of channels by making them grey',
    },
  );
}

/**
 * Reads images as features, in the order of the entries. Files are read and decoded in parallel; at most some 400 MB are held besides
 * the largest single image and the block that is given out.
 *
 * @throws InputError for no entries, for an image that cannot be decoded, and for the first whose shape differs
 * @throws UnavailableError when the JPEG decoder is not installed
 */
export async function* readImages(
  entries: readonly ImageEntry[],
  transform: ImageTransform,
  options: ReadImagesOptions = {},
): AsyncGenerator<ImageBlock, void, undefined> {
  if (entries.length === 0) throw new InputError('no images', { where: 'list of images' });
  checkTransform(transform);
  const limits = options.limits ?? DECODE_LIMITS;
  const files = byteGate(GATE_BYTES);
  const decoders = byteGate(GATE_BYTES);
  const read = async (entry: ImageEntry): Promise<Features> => {
    using file = openImageFile(entry.path, limits.maxBytes);
    using _file = await files.enter(file.size);
    const plan = planDecoding(await file.read(), entry.path, limits);
    using _decoder = await decoders.enter(plan.memory);
    const pixels = await plan.decode();
    return { shape: transformedImageShape(pixels, transform), values: transformPixels(pixels, transform) };
  };
  const underWay: Promise<Features>[] = [];
  let started = 0;
  let expected = options.expected;
  try {
    for (let first = 0; first < entries.length;) {
      let block: Float32Array | undefined;
      let [filled, capacity] = [0, 1];
      for (; filled < capacity; filled++) {
        // Until a shape is known nobody knows what many of them would hold.
        const most =
          expected === undefined
            ? 1
            : Math.max(1, Math.min(UNDER_WAY, Math.floor(GATE_BYTES / 4 / featuresOf(expected))));
        while (underWay.length < most && started < entries.length) {
          const next = read(entries[started++]!);
          // Awaited in its turn; until then a failure must not count as unhandled.
          void next.catch(() => undefined);
          underWay.push(next);
        }
        if ((first + filled) % TURN === 0) await setImmediate();
        const { shape, values } = await underWay[0]!;
        void underWay.shift();
        expected ??= shape;
        checkShape(entries[first + filled]!, shape, expected, options.expected !== undefined);
        if (block === undefined) {
          const fitting = Math.max(1, Math.floor(BLOCK_BYTES / 4 / featuresOf(expected)));
          capacity = Math.min(fitting, entries.length - first);
          block = new Float32Array(capacity * values.length);
        }
        block.set(values, filled * values.length);
      }
      yield { first, count: filled, shape: expected!, values: block! };
      first += filled;
      options.onProgress?.(first, entries.length);
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
