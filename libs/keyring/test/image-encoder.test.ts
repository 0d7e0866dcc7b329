import { createCipheriv, hkdfSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { encodedShape, encodingLayers, transform } from '../src/encoding-layers.js';
import { encodingKeyId, keyStream } from '../src/encoding-stream.js';
import { createImageEncoder } from '../src/image-encoder.js';

const keyOf = (byte: number): { id: string; bytes: Uint8Array } => {
  const bytes = new Uint8Array(32).fill(byte);
  return { id: encodingKeyId(bytes), bytes };
};
const KEY = keyOf(7);
const VALUES = 100;

/** Images like none of a dataset: every pixel from a key stream of its own. */
function images(count: number, purpose = 'test images'): Uint8Array {
  const stream = keyStream(keyOf(1).bytes, purpose);
  return Uint8Array.from({ length: count * VALUES }, () => stream.word() & 255);
}

function distance(a: Uint8Array, b: Uint8Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
}

describe('the key stream', () => {
  it('is AES-256 in counter mode under what HKDF derives from key and purpose', () => {
    const secret = Buffer.from(hkdfSync('sha256', KEY.bytes, '', 'ciphernet encoding layer 0 1', 48));
    const cipher = createCipheriv('aes-256-ctr', secret.subarray(0, 32), secret.subarray(32));
    const expected = cipher.update(Buffer.alloc(16));
    const stream = keyStream(KEY.bytes, 'layer 0');
    expect([0, 4, 8, 12].map((at) => expected.readUInt32LE(at))).toEqual([1, 2, 3, 4].map(() => stream.word()));
  });

  it('differs by key and by purpose', () => {
    const first = [keyStream(KEY.bytes, 'a'), keyStream(KEY.bytes, 'b'), keyStream(keyOf(8).bytes, 'a')];
    expect(new Set(first.map((stream) => stream.word())).size).toBe(3);
  });

  it('draws uniform orders: each place of each item is as likely as any other', () => {
    const stream = keyStream(KEY.bytes, 'orders');
    const [size, draws] = [5, 5000];
    const counts = new Float64Array(size * size);
    for (let i = 0; i < draws; i++) stream.permutation(size).forEach((item, place) => counts[item * size + place]!++);
    const expected = draws / size;
    // Chi-squared of 16 degrees of freedom: above 39.3 once in a thousand keys, and this key is fixed.
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(statistic).toBeLessThan(39.3);
  });

  it('draws normal numbers of mean 0 and deviation 1', () => {
    const stream = keyStream(KEY.bytes, 'normal');
    const drawn = Float64Array.from({ length: 20_000 }, () => stream.normal());
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
    const square = drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(square - 1)).toBeLessThan(0.04);
  });
});

describe('the layers', () => {
  it('mix by a transform that is its own inverse but for its size', () => {
    const values = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i));
    const twice = values.slice();
    transform(twice, 64);
    transform(twice, 64);
    twice.forEach((value, i) => expect(value / 64).toBeCloseTo(values[i]!, 10));
  });

  it('end in about half as many values as an image has, in sides that an IDX file of the MNIST family may have', () => {
    for (const values of [1, 10, 100, 784, 3072, 8192, 8193, 65_536]) {
      const { height, width } = encodedShape(values);
      expect(height * width).toBeGreaterThanOrEqual(values / 2);
      expect(height * width).toBeLessThan(values / 2 + 256);
      expect(Math.max(height, width)).toBeLessThanOrEqual(256);
      expect(encodingLayers(KEY.bytes, values).at(-1)?.outputs).toBe(height * width);
    }
    expect(encodedShape(784)).toEqual({ height: 16, width: 25 });
  });
});

describe('an image encoder', () => {
  it('gives the same bytes for the same key and images, and others for another key', async () => {
    const plain = images(20);
    const encoded = await createImageEncoder(KEY, VALUES).encode(plain, 'train');
    expect(await createImageEncoder(keyOf(7), VALUES).encode(plain, 'train')).toEqual(encoded);
    const other = await createImageEncoder(keyOf(8), VALUES).encode(plain, 'train');
    // As far apart as images that have nothing to do with each other.
    expect(distance(encoded, other)).toBeGreaterThan(60);
    expect(encoded.length).toBe(20 * 16 * 4);
  });

  it('adds noise of its own to each image, part and set of images', async () => {
    const encoder = createImageEncoder(KEY, VALUES);
    const one = images(1);
    const twice = await encoder.encode(Uint8Array.from([...one, ...one]), 'train');
    const half = twice.length / 2;
    const [first, second] = [twice.subarray(0, half), twice.subarray(half)];
    const alone = await encoder.encode(one, 'train');
    const asTest = await encoder.encode(one, 'test');
    for (const [a, b] of [
      [first, second],
      [first, alone],
      [alone, asTest],
    ] as const) {
      // Two noises of 0.1, in steps of 1/127.5; bytes end at 0 and 255, where some of it is cut off.
      expect(distance(a, b)).toBeGreaterThan(10);
      expect(distance(a, b)).toBeLessThan(25);
    }
  });

  it('puts examples into a secret order, and classes under secret names', () => {
    const [encoder, other] = [createImageEncoder(KEY, VALUES), createImageEncoder(keyOf(8), VALUES)];
    const order = encoder.order(1000, 'train');
    expect(Uint32Array.from(order).sort()).toEqual(Uint32Array.from({ length: 1000 }, (_, i) => i));
    expect(order).toEqual(encoder.order(1000, 'train'));
    expect(order).not.toEqual(encoder.order(1000, 'test'));
    expect(order).not.toEqual(other.order(1000, 'train'));
    expect(Uint32Array.from(encoder.classes(10)).sort()).toEqual(Uint32Array.from({ length: 10 }, (_, i) => i));
  });

  it('refuses sizes that are none, bytes that are no whole images, and stops when it is told to', async () => {
    for (const size of [0, -1, 1.5, 65_537, NaN]) {
      expect(() => createImageEncoder(KEY, size)).toThrow(/images of .* values.*1 to 65536/);
    }
    const encoder = createImageEncoder(KEY, VALUES);
    await expect(encoder.encode(new Uint8Array(VALUES + 1), 'train')).rejects.toThrow(/no images of 100/);
    await expect(encoder.encode(images(3), 'train', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
