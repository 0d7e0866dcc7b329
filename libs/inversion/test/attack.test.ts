import { describe, expect, it } from '@jest/globals';
import { attackEncoding } from '../src/attack.js';
import { decoderReconstruction } from '../src/decoder.js';
import { sameClassNeighbours } from '../src/neighbours.js';
import { type PairSet, bytesOf } from '../src/pairs.js';
import { fitRidge } from '../src/ridge.js';
import { similarityOf } from '../src/similarity.js';

const [HEIGHT, WIDTH, ENCODED] = [8, 8, 96];
const SIZE = HEIGHT * WIDTH;
const SHAPE = { height: HEIGHT, width: WIDTH };

/** Repeatable numbers in [0, 1): the fractional parts of multiples of the golden ratio's, scrambled by a sine. */
const noise = (i: number): number => {
  const x = Math.sin(i * 12.9898 + 78.233) * 43_758.5453;
  return x - Math.floor(x);
};

/** Images of a bright square at a place of its own: smooth enough to be learned, each another. */
function squares(count: number, first: number): Uint8Array {
  const images = new Uint8Array(count * SIZE);
  for (let n = 0; n < count; n++) {
    const [top, left, light] = [1, 2, 3].map((k) => noise(3 * (first + n) + k)) as [number, number, number];
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const inside = Math.abs(y - 1 - 6 * top) < 2 && Math.abs(x - 1 - 6 * left) < 2;
        images[n * SIZE + y * WIDTH + x] = inside ? 100 + 155 * light : 10;
      }
    }
  }
  return images;
}

/** A fixed random mixing, and what is done to each mixed value in [−1, 1]. */
function pairsOf(count: number, first: number, bend: (u: number) => number): PairSet {
  const images = squares(count, first);
  const encoded = new Uint8Array(count * ENCODED);
  for (let n = 0; n < count; n++) {
    for (let j = 0; j < ENCODED; j++) {
      let sum = 0;
      for (let i = 0; i < SIZE; i++) sum += ((images[n * SIZE + i]! / 255) * (noise(1e6 + j * SIZE + i) - 0.5)) / 2;
      encoded[n * ENCODED + j] = Math.max(0, Math.min(255, 127.5 * (1 + bend(sum))));
    }
  }
  return { count, width: SIZE, encodedWidth: ENCODED, images, encoded };
}

describe('similarity', () => {
  const originals = squares(20, 0);

  it('is 1 for equal images, and lower the more differs', () => {
    const equal = similarityOf(originals, originals, SHAPE);
    expect(equal.ssim).toBeCloseTo(1, 10);
    expect(equal.correlation).toBeCloseTo(1, 10);
    expect(equal.psnr).toBe(99);
    const others = similarityOf(originals, squares(20, 100), SHAPE);
    expect(others.ssim).toBeLessThan(0.6);
    expect(others.correlation).toBeLessThan(0.5);
    expect(others.psnr).toBeLessThan(12);
  });

  it('is what the formulas say, for one window that is worked out by hand', () => {
    // 0 and 255 in turn against its negative: means 1/2, variances 1/4, covariance −1/4.
    const [a, b] = [Uint8Array.of(0, 255, 0, 255), Uint8Array.of(255, 0, 255, 0)];
    const { ssim, correlation, psnr } = similarityOf(a, b, { height: 2, width: 2 });
    expect(ssim).toBeCloseTo((-0.5 + 0.0009) / (0.5 + 0.0009), 10);
    expect(correlation).toBeCloseTo(-1, 10);
    expect(psnr).toBeCloseTo(0, 10);
    expect(similarityOf(a, new Uint8Array(4).fill(9), { height: 2, width: 2 }).correlation).toBe(0);
  });

  it('of what is no pair of whole images is refused', () => {
    expect(() => similarityOf(originals, originals.subarray(1), SHAPE)).toThrow(/cannot compare/);
    expect(() => similarityOf(new Uint8Array(), new Uint8Array(), SHAPE)).toThrow(/cannot compare/);
    expect(() => similarityOf(originals.subarray(1), originals.subarray(1), SHAPE)).toThrow(/cannot compare/);
  });
});

describe('ridge regression', () => {
  it('undoes a linear encoding from as many pairs as there are pixels, up to its rounding', () => {
    const pairs = pairsOf(300, 0, (u) => u / 3);
    const targets = pairsOf(20, 1000, (u) => u / 3);
    const { correlation } = similarityOf(targets.images, bytesOf(fitRidge(pairs)(targets.encoded)), SHAPE);
    expect(correlation).toBeGreaterThan(0.98);
  });

  it('of pairs that are all the same answers with what they are', () => {
    const pairs = pairsOf(1, 0, (u) => u);
    const twice = { ...pairs, count: 2, images: doubled(pairs.images), encoded: doubled(pairs.encoded) };
    expect(bytesOf(fitRidge(twice)(pairs.encoded))).toEqual(pairs.images);
  });
});

function doubled(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes, ...bytes]);
}

describe('attacks on an encoding that bends', () => {
  // Even around 0: much of it is no linear map's to undo.
  const bend = (u: number): number => Math.cos(8 * u);
  const pairs = pairsOf(1000, 0, bend);
  const targets = pairsOf(50, 5000, bend);

  it('reconstruct the better the more is known, with a decoder beyond what a linear map can', async () => {
    const notes: string[] = [];
    const options = { shape: SHAPE, known: [5, 200, 9999], units: 64, steps: 200 };
    const found = await attackEncoding(pairs, targets, { ...options, onProgress: (_d, _t, note) => notes.push(note) });
    const names = found.map(({ knows, method, pairs: count }) => `${knows} ${method} ${count}`);
    expect(names).toEqual([
      'nothing mean 0',
      'pairs ridge 5',
      'pairs ridge 200',
      'pairs decoder 200',
      'encoding decoder 1000',
    ]);
    const [mean, , some, , all] = found.map(({ similarity }) => similarity.psnr);
    expect(some!).toBeGreaterThan(mean! + 2);
    const linear = similarityOf(targets.images, bytesOf(fitRidge(pairs)(targets.encoded)), SHAPE);
    expect(all!).toBeGreaterThan(linear.psnr + 1);
    expect(notes.at(-1)).toBe('done');
  });

  it('give the same again, and stop when they are told to', async () => {
    const few = { ...pairs, count: 40 };
    const options = { units: 16, steps: 10, seed: 3 };
    const first = await decoderReconstruction(few, targets.encoded, options);
    expect(await decoderReconstruction(few, targets.encoded, options)).toEqual(first);
    const stopped = attackEncoding(pairs, targets, {
      shape: SHAPE,
      known: [],
      units: 16,
      steps: 10,
      signal: AbortSignal.abort(),
    });
    await expect(stopped).rejects.toThrow(/abort/i);
  });

  it('need two pairs and a target', async () => {
    const options = { shape: SHAPE, known: [], units: 4, steps: 1 };
    await expect(attackEncoding(pairsOf(1, 0, bend), targets, options)).rejects.toThrow(/1 pairs and 50 targets/);
    await expect(attackEncoding(pairs, { ...targets, count: 0 }, options)).rejects.toThrow(/0 targets/);
  });
});

describe('neighbours', () => {
  it('are of the same class where the encoding shows classes, and by chance where it does not', () => {
    const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
    const shown = Uint8Array.from({ length: 120 }, (_, i) => 80 * labels[i >> 1]! + 10 * noise(i));
    const hidden = Uint8Array.from({ length: 120 }, (_, i) => 255 * noise(7 * i + 1));
    const share = (encoded: Uint8Array): number =>
      sameClassNeighbours(
        { encoded: encoded.subarray(0, 60), labels: labels.subarray(0, 30) },
        { encoded: encoded.subarray(60), labels: labels.subarray(30) },
        2,
      );
    expect(share(shown)).toBe(1);
    expect(share(hidden)).toBeLessThan(0.7);
    const none = { encoded: new Uint8Array(), labels: new Uint8Array() };
    expect(() => sameClassNeighbours(none, { encoded: shown, labels }, 2)).toThrow(/no examples/);
  });
});
