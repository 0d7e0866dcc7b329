import { describe, expect, it } from '@jest/globals';
import { type StoredImages, storedImagesFromBytes, storedImagesToBytes } from '../src/stored-images.js';

const set: StoredImages = {
  name: 'encoded-0a1b2c3d',
  note: 'obfuscated, not encrypted',
  height: 16,
  width: 25,
  classes: 10,
  train: { count: 100, images: 'a'.repeat(64), labels: 'b'.repeat(64) },
  test: { count: 20, images: 'c'.repeat(64) },
};

describe('the description of a stored set', () => {
  it('is read back as it was written', () => {
    expect(storedImagesFromBytes(storedImagesToBytes(set), 'set')).toEqual(set);
  });

  it.each<[string, object, RegExp]>([
    ['no format', { format: 'ciphernet-encrypted-dataset' }, /format/],
    ['sides beyond an image', { width: 257 }, /width/],
    ['a single class', { classes: 1 }, /classes/],
    ['a name that is a path', { name: '../keys' }, /plain name/],
    ['labels of the test part', { test: { ...set.test, labels: 'd'.repeat(64) } }, /test/],
    ['a digest that is none', { train: { ...set.train, images: 'x' } }, /train.images/],
    ['no example', { test: { ...set.test, count: 0 } }, /test.count/],
    ['more bytes than a worker reads', { height: 256, width: 256, train: { ...set.train, count: 100_000 } }, /at most/],
  ])('with %s is refused', (_name, change, said) => {
    const bytes = new TextEncoder().encode(
      JSON.stringify({ format: 'ciphernet-stored-images', version: 1, ...set, ...change }),
    );
    expect(() => storedImagesFromBytes(bytes, 'set')).toThrow(said);
  });

  it('that is no JSON is refused', () => {
    expect(() => storedImagesFromBytes(Uint8Array.of(1, 2, 3), 'set')).toThrow(/not JSON \[set\]/);
  });
});
