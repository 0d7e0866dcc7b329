import { type FileFormat, detectFormat, openNpy, parseIdx, readIdxBytes, readNumberLines } from '@ciphernet/formats';
import { InputError } from '@ciphernet/foundation';
import { type InputTransform, type Shape, applyTransform, sizeOf, transformedShape } from '@ciphernet/network';
import { type FeatureRows, rowsInMemory } from './feature-rows.js';
import { toFeatures } from './features.js';

/** @throws InputError naming the row of the first value that is no fraction */
function assertFractions(values: Float32Array, width: number, where: string): void {
  const wrong = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong < 0) return;
  throw new InputError(`a value is ${values[wrong] ?? NaN}, pixels are from 0 to 1`, {
    where: `${where}, example ${Math.floor(wrong / width) + 1}`,
    hint: 'divide bytes by 255',
  });
}

async function idxFeatures(path: string, shape: Shape, transform: InputTransform): Promise<Float32Array> {
  const { height, width, channels } = shape;
  const idx = parseIdx(await readIdxBytes(path), channels === 1 ? 3 : 4, path);
  if (idx.shape.slice(1).join() !== [height, width, ...(channels === 1 ? [] : [channels])].join()) {
    throw new InputError(`images of ${idx.shape.slice(1).join('×')}, the model reads ${height}×${width}×${channels}`, {
      where: path,
      hint: 'give images of that size',
    });
  }
  return toFeatures(transform, shape, idx.values);
}

/** Arrays of unsigned bytes are pixels as they are stored; all others hold fractions. */
async function npyPixels(path: string, size: number): Promise<Float32Array> {
  await using array = await openNpy(path);
  const rows = array.shape[0] ?? 1;
  if (array.shape.slice(1).reduce((product, length) => product * length, 1) !== size || array.shape.length < 2) {
    throw new InputError(`an array of ${array.shape.join('×')}, the model reads ${size} values a row`, {
      where: path,
      hint: 'give one example a row',
    });
  }
  const pixels = new Float32Array(rows * size);
  const scale = /^[|<>=]?u1$/.test(array.dtype) ? 255 : 1;
  for await (const { first, values } of array.blocks()) {
    for (let i = 0; i < values.length; i++) pixels[first * size + i] = (values[i] ?? 0) / scale;
  }
  return pixels;
}

const READ: readonly FileFormat[] = ['csv', 'tsv', 'npy', 'idx'];

/**
 * Images without labels as a model reads them: lines of text with the pixels of one each, from 0 to 1; an npy array of such rows, or
 * of bytes; or IDX.
 *
 * @param shape of one image
 * @param transform applied to the pixels
 * @throws InputError for another format, another size, and values that are not from 0 to 1
 */
export async function loadPixelRows(path: string, shape: Shape, transform: InputTransform): Promise<FeatureRows> {
  const size = sizeOf(shape);
  const width = sizeOf(transformedShape(transform, shape));
  const format = await detectFormat(path);
  if (format === 'idx') return rowsInMemory(await idxFeatures(path, shape, transform), width);
  if (!READ.includes(format)) {
    throw new InputError(`images are not read from ${format} here`, {
      where: path,
      hint: 'give lines of numbers, an npy array or an IDX file',
    });
  }
  const pixels = format === 'npy' ? await npyPixels(path, size) : await readNumberLines(path, size);
  assertFractions(pixels, size, path);
  return rowsInMemory(applyTransform(transform, shape, pixels), width);
}
