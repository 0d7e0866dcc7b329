/** How like two sets of images are, each a mean over the images. */
export interface Similarity {
  /** Structural similarity, −1 to 1; 1 for equal images. */
  readonly ssim: number;
  /** Pearson's correlation of pixels, −1 to 1; 0 for an image without contrast. */
  readonly correlation: number;
  /** Peak signal to noise, decibels, of the mean squared error over all images; at most {@link MOST_DECIBELS}. */
  readonly psnr: number;
}

/** Side of the windows that structure is compared in. */
const WINDOW = 7;
/** Constants of Wang, Bovik, Sheikh, Simoncelli (2004): (0.01 L)² and (0.03 L)², for pixels in [0, 1]. */
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;
/** Stands for equal images. */
const MOST_DECIBELS = 99;

interface Moments {
  readonly meanA: number;
  readonly meanB: number;
  readonly varianceA: number;
  readonly varianceB: number;
  readonly covariance: number;
}

function momentsOf(a: Uint8Array, b: Uint8Array, offsets: Iterable<number>): Moments {
  let [n, sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0, 0];
  for (const i of offsets) {
    const [x, y] = [a[i]! / 255, b[i]! / 255];
    n++;
    sumA += x;
    sumB += y;
    squareA += x * x;
    squareB += y * y;
    product += x * y;
  }
  const [meanA, meanB] = [sumA / n, sumB / n];
  return {
    meanA,
    meanB,
    // Rounding must not make a variance negative.
    varianceA: Math.max(0, squareA / n - meanA * meanA),
    varianceB: Math.max(0, squareB / n - meanB * meanB),
    covariance: product / n - meanA * meanB,
  };
}

/** Structural similarity by uniform windows of 7×7, or of the image's side where that is less; every position counts the same. */
function ssimOf(a: Uint8Array, b: Uint8Array, height: number, width: number): number {
  const [rows, columns] = [Math.min(WINDOW, height), Math.min(WINDOW, width)];
  const offsets = Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns) * width + (i % columns));
  let sum = 0;
  let positions = 0;
  const at = new Uint32Array(offsets.length);
  for (let y = 0; y + rows <= height; y++) {
    for (let x = 0; x + columns <= width; x++) {
      for (let i = 0; i < at.length; i++) at[i] = y * width + x + offsets[i]!;
      const { meanA, meanB, varianceA, varianceB, covariance } = momentsOf(a, b, at);
      sum +=
        ((2 * meanA * meanB + C1) * (2 * covariance + C2)) /
        ((meanA ** 2 + meanB ** 2 + C1) * (varianceA + varianceB + C2));
      positions++;
    }
  }
  return sum / positions;
}

/**
 * Compares images with others, one by one.
 *
 * @param height of an image; `width` is that of a row, channels included
 * @throws RangeError for unequal lengths, and for bytes that are no whole images
 */
export function similarityOf(
  originals: Uint8Array,
  others: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
): Similarity {
  const size = height * width;
  const count = originals.length / size;
  if (originals.length !== others.length || !Number.isInteger(count) || count === 0) {
    throw new RangeError(`cannot compare ${originals.length} with ${others.length} bytes of images of ${size}`);
  }
  let [ssim, correlation, squares] = [0, 0, 0];
  const all = Uint32Array.from({ length: size }, (_, i) => i);
  for (let n = 0; n < count; n++) {
    const a = originals.subarray(n * size, (n + 1) * size);
    const b = others.subarray(n * size, (n + 1) * size);
    ssim += ssimOf(a, b, height, width);
    const { varianceA, varianceB, covariance } = momentsOf(a, b, all);
    const contrast = Math.sqrt(varianceA * varianceB);
    correlation += contrast < 1e-12 ? 0 : covariance / contrast;
    for (let i = 0; i < size; i++) squares += ((a[i]! - b[i]!) / 255) ** 2;
  }
  const error = squares / originals.length;
  return {
    ssim: ssim / count,
    correlation: correlation / count,
    psnr: error === 0 ? MOST_DECIBELS : Math.min(MOST_DECIBELS, -10 * Math.log10(error)),
  };
}
