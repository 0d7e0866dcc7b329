import { InputError } from '@ciphernet/foundation';
import type { Pixels } from './pixels.js';
import { type AxisWeights, axisWeights } from './resample.js';

/** What is done to every image, in this order: grey, crop, resize. What is left out changes nothing. */
export interface ImageTransform {
  /** One channel of three, by the weights of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B, not rounded. */
  readonly grey?: boolean | undefined;
  /** To this size; the area's average along an axis that shrinks, bilinear along one that grows. */
  readonly resize?: { readonly height: number; readonly width: number } | undefined;
  /** The largest rectangle in the middle that has the shape of `resize`, or the largest square without one. */
  readonly crop?: 'centre' | undefined;
}

/** Height, width and channels of an image. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Sums stay exact below 2^53: 65,535 (16 bits) × 1,000 (grey) × 8,192² (weights of two axes: of a shrinking one at most its source, of a
 * growing one twice its target) is half of it.
 */
const MAX_TARGET = 4096;
const MAX_SOURCE = 8192;

interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

function regionOf(shape: ImageShape, transform: ImageTransform): Region {
  if (transform.crop !== 'centre') return { top: 0, left: 0, height: shape.height, width: shape.width };
  const aspect = transform.resize ?? { height: 1, width: 1 };
  // In whole pixels, halves up; the longer side is cut, the odd pixel at its end.
  const height = Math.min(shape.height, Math.max(1, Math.round((shape.width * aspect.height) / aspect.width)));
  const width = Math.min(shape.width, Math.max(1, Math.round((shape.height * aspect.width) / aspect.height)));
  return {
    height,
    width,
    top: Math.floor((shape.height - height) / 2),
    left: Math.floor((shape.width - width) / 2),
  };
}

/** @throws InputError for a size that is not 1 to 4,096 whole pixels a side */
export function checkTransform({ resize }: ImageTransform): void {
  if (resize === undefined) return;
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= MAX_TARGET;
  if (isSide(resize.height) && isSide(resize.width)) return;
  throw new InputError(`cannot resize to ${resize.height}×${resize.width}`, {
    where: 'image transform',
    hint: `give whole pixels, 1 to ${MAX_TARGET} a side`,
  });
}

/** Shape after a transform that `checkTransform` took. */
export function transformedImageShape(shape: ImageShape, transform: ImageTransform): ImageShape {
  const { height, width } = transform.resize ?? regionOf(shape, transform);
  return { height, width, channels: transform.grey === true ? 1 : shape.channels };
}

/** Adds a row of samples times its weight. A function of its own, because whole images pass through it. */
function addRow(line: Float64Array, values: Uint8Array | Uint16Array, start: number, weight: number): void {
  for (let i = 0; i < line.length; i++) line[i] = line[i]! + weight * values[start + i]!;
}

/** Makes the first third of a line the grey of its RGB samples, times 1,000. */
function foldGrey(line: Float64Array): void {
  for (let x = 0; 3 * x < line.length; x++) {
    line[x] = 299 * line[3 * x]! + 587 * line[3 * x + 1]! + 114 * line[3 * x + 2]!;
  }
}

/** Resamples a line along its width and divides, into `out` from `at` on. */
function writeRow(
  line: Float64Array,
  columns: AxisWeights,
  channels: number,
  divisor: number,
  out: Float32Array,
  at: number,
) {
  const { first, offsets, weights } = columns;
  for (let x = 0; x < first.length; x++) {
    const [from, to] = [offsets[x]!, offsets[x + 1]!];
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = from, i = first[x]! * channels + c; k < to; k++, i += channels) sum += weights[k]! * line[i]!;
      out[at + x * channels + c] = sum / divisor;
    }
  }
}

/**
 * Pixels as features. All sums are exact integers and are divided once, so that the result is the same bytes on every machine and
 * by every later version: the nearest 32-bit number to the nearest double of the exact quotient.
 *
 * @returns in [0, 1], height × width × channels after the transform
 * @throws InputError for a size that cannot be made, and for an image of more than 8,192 pixels a side
 */
export function transformPixels(pixels: Pixels, transform: ImageTransform): Float32Array {
  checkTransform(transform);
  const { height, width, channels, depth, values } = pixels;
  if (height > MAX_SOURCE || width > MAX_SOURCE) {
    throw new InputError(`an image of ${height}×${width} pixels`, {
      where: 'image transform',
      hint: `at most ${MAX_SOURCE} a side are taken; reduce it before`,
    });
  }
  const max = depth === 16 ? 65535 : 255;
  const makeGrey = transform.grey === true && channels === 3;
  const region = regionOf(pixels, transform);
  const after = transformedImageShape(pixels, transform);
  const out = new Float32Array(after.height * after.width * after.channels);
  const sameSize = after.height === height && after.width === width;
  if (sameSize && !makeGrey) {
    for (let i = 0; i < out.length; i++) out[i] = values[i]! / max;
    return out;
  }
  const columns = axisWeights(region.width, after.width);
  const rows = axisWeights(region.height, after.height);
  const divisor = columns.total * rows.total * (makeGrey ? 1000 : 1) * max;
  const line = new Float64Array(region.width * channels);
  for (let y = 0; y < after.height; y++) {
    line.fill(0);
    const [from, to] = [rows.offsets[y]!, rows.offsets[y + 1]!];
    for (let k = from; k < to; k++) {
      const row = region.top + rows.first[y]! + k - from;
      addRow(line, values, (row * width + region.left) * channels, rows.weights[k]!);
    }
    if (makeGrey) foldGrey(line);
    writeRow(line, columns, after.channels, divisor, out, y * after.width * after.channels);
  }
  return out;
}
