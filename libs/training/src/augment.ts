import { type InputTransform, applyTransform, transformName } from '@ciphernet/datasets';
import { type Shape, sizeOf } from '@ciphernet/network';
import type { Random } from './random.js';

/** Writes a changed copy of one image of bytes as numbers 0..1. */
export interface Augmentation {
  /** Part of a checkpoint's identity: states the kind and all settings. */
  readonly name: string;
  /**
   * @param from where the image starts in `source`, a byte a value
   * @param to where its copy goes in `target`
   */
  apply(source: Uint8Array, from: number, target: Float32Array, to: number, random: Random): void;
}

const BYTE = 1 / 255;
const MODES = 3;

/** Images of `length` values as they are. */
export function unchanged(length: number): Augmentation {
  return {
    name: 'none',
    apply(source, from, target, to) {
      for (let i = 0; i < length; i++) target[to + i] = source[from + i]! * BYTE;
    },
  };
}

/** How far {@link affineElastic} may go. */
export interface AffineElasticSettings {
  readonly height: number;
  readonly width: number;
  /** Pixels, uniform in both directions. */
  readonly shift: number;
  readonly rotationDegrees: number;
  /** 0.12: a factor of 0.88 to 1.12. */
  readonly scale: number;
  /** Standard deviation of the local displacement in pixels; 0 switches it off. */
  readonly elastic: number;
}

/** What leaves every digit the same digit. */
export const MNIST_AUGMENTATION: AffineElasticSettings = {
  height: 28,
  width: 28,
  shift: 2,
  rotationDegrees: 12,
  scale: 0.12,
  elastic: 0.6,
};

/**
 * Shift, rotation, scale and a mild elastic distortion of a grey image, bilinear, outside is 0.
 * The displacement is a sum of 3 x 3 low cosines a direction with random factors: as smooth as the
 * usual blurred noise field, at six multiplications a pixel.
 */
export function affineElastic(settings: AffineElasticSettings): Augmentation {
  const { height, width, shift, scale, elastic } = settings;
  const angleBound = (settings.rotationDegrees * Math.PI) / 180;
  const wavesX = cosines(width);
  const wavesY = cosines(height);
  const factors = new Float64Array(2 * MODES * MODES);
  // A column and row of zeros around the image: sampling clamps into them instead of branching.
  const stride = width + 2;
  const padded = new Float32Array(stride * (height + 2));
  const maxX = width - 0.001;
  const maxY = height - 0.001;
  // Each mode has mean square 1/4, so nine of them give 1.5 times a factor's deviation.
  const deviation = elastic / 1.5;

  return {
    name: `affine-elastic ${JSON.stringify(settings)}`,
    apply(source, from, target, to, random) {
      for (let y = 0, i = from; y < height; y++) {
        for (let x = 0, p = (y + 1) * stride + 1; x < width; x++) padded[p++] = source[i++]! * BYTE;
      }
      const angle = random.symmetric(angleBound);
      const zoom = 1 / (1 + random.symmetric(scale));
      const cos = Math.cos(angle) * zoom;
      const sin = Math.sin(angle) * zoom;
      const originX = (width - 1) / 2 + random.symmetric(shift);
      const originY = (height - 1) / 2 + random.symmetric(shift);
      for (let k = 0; k < factors.length; k++) factors[k] = deviation === 0 ? 0 : random.normal() * deviation;

      let out = to;
      for (let y = 0; y < height; y++) {
        const w0 = wavesY[y * MODES]!,
          w1 = wavesY[y * MODES + 1]!,
          w2 = wavesY[y * MODES + 2]!;
        const ax = factors[0]! * w0 + factors[1]! * w1 + factors[2]! * w2;
        const bx = factors[3]! * w0 + factors[4]! * w1 + factors[5]! * w2;
        const cx = factors[6]! * w0 + factors[7]! * w1 + factors[8]! * w2;
        const ay = factors[9]! * w0 + factors[10]! * w1 + factors[11]! * w2;
        const by = factors[12]! * w0 + factors[13]! * w1 + factors[14]! * w2;
        const cy = factors[15]! * w0 + factors[16]! * w1 + factors[17]! * w2;
        const dy = y - (height - 1) / 2;
        for (let x = 0; x < width; x++) {
          const dx = x - (width - 1) / 2;
          const v0 = wavesX[x * MODES]!,
            v1 = wavesX[x * MODES + 1]!,
            v2 = wavesX[x * MODES + 2]!;
          let sx = originX + cos * dx + sin * dy + ax * v0 + bx * v1 + cx * v2;
          let sy = originY - sin * dx + cos * dy + ay * v0 + by * v1 + cy * v2;
          sx = sx < -1 ? -1 : sx > maxX ? maxX : sx;
          sy = sy < -1 ? -1 : sy > maxY ? maxY : sy;
          // Not negative after the offset of the border, so truncation is the floor.
          const x0 = (sx + 1) | 0;
          const y0 = (sy + 1) | 0;
          const fx = sx + 1 - x0;
          const fy = sy + 1 - y0;
          const p = y0 * stride + x0;
          const upper = padded[p]! + fx * (padded[p + 1]! - padded[p]!);
          const lower = padded[p + stride]! + fx * (padded[p + stride + 1]! - padded[p + stride]!);
          target[out++] = upper + fy * (lower - upper);
        }
      }
    },
  };
}

/** How far {@link flipShift} may go. */
export interface FlipShiftSettings {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whole pixels. */
  readonly shift: number;
}

/** Mirror left-right in half of the cases and shift by whole pixels; outside is 0. */
export function flipShift(settings: FlipShiftSettings): Augmentation {
  const { height, width, channels, shift } = settings;
  const choices = 2 * shift + 1;
  return {
    name: `flip-shift ${JSON.stringify(settings)}`,
    apply(source, from, target, to, random) {
      const word = random.word();
      const flip = (word & 1) === 1;
      const right = (((word >>> 1) & 0x7fff) % choices) - shift;
      const down = ((word >>> 16) % choices) - shift;
      target.fill(0, to, to + height * width * channels);
      for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
        for (let x = Math.max(0, right); x < Math.min(width, width + right); x++) {
          const column = flip ? width - 1 - (x - right) : x - right;
          const at = from + ((y - down) * width + column) * channels;
          const out = to + (y * width + x) * channels;
          for (let c = 0; c < channels; c++) target[out + c] = source[at + c]! * BYTE;
        }
      }
    },
  };
}

/** `augmentation` at the image's own size, then the public input transform that the network declares. */
export function transformed(augmentation: Augmentation, transform: InputTransform, shape: Shape): Augmentation {
  if (transform.crop === 0 && transform.mean === 1) return augmentation;
  const scratch = new Float32Array(sizeOf(shape));
  return {
    name: `${augmentation.name}, then ${transformName(transform)}`,
    apply(source, from, target, to, random) {
      augmentation.apply(source, from, scratch, 0, random);
      target.set(applyTransform(transform, shape, scratch), to);
    },
  };
}

function cosines(length: number): Float64Array {
  const table = new Float64Array(length * MODES);
  for (let i = 0; i < length; i++) {
    for (let mode = 0; mode < MODES; mode++) {
      table[i * MODES + mode] = Math.cos((Math.PI * (mode + 1) * (i + 0.5)) / length);
    }
  }
  return table;
}
