// From values to those of one feature, and from polynomials to a shard's body, [tile][component][ciphertext][coefficient of the tile] for each prime.

/**
 * source: `count` polynomials of N u32, of neighbouring ciphertexts, `stride` bytes from one to the next. target: the row of the first of them in the first tile.
 * tile: coefficients of a tile, a multiple of 4. tileBytes: from a tile to the next. A few ciphertexts at a time, because a
 * row of one fills no cache line and each tile lies on a page of its own.
 */
export function scatter(
  source: usize, stride: usize, count: i32, logN: i32, tile: i32, target: usize, tileBytes: usize,
): void {
  const row = <usize>tile << 2;
  const end = source + (<usize>4 << logN);
  for (; source < end; source += row, target += tileBytes) {
    let from = source, to = target;
    for (let c = 0; c < count; c++) {
      for (let x: usize = 0; x < row; x += 16) v128.store(to + x, v128.load(from + x));
      from += stride;
      to += row;
    }
  }
}

/** The four columns of four rows of four words, `column` bytes from one to the next. */
// @ts-ignore: decorator
@inline
function storeColumns(to: usize, column: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7), CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to + column, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(to + 2 * column, v128.shuffle<i64>(AB, CD, 0, 2));
  v128.store(to + 3 * column, v128.shuffle<i64>(AB, CD, 1, 3));
}

/**
 * Columns of a tile, one after another: what the digest of a position is of.
 *
 * source: `rows` rows of `tile` u32, tile a multiple of 4. target: tile columns of `rows` u32.
 */
export function columns(source: usize, rows: i32, tile: i32, target: usize): void {
  const row = <usize>tile << 2;
  const column = <usize>rows << 2;
  for (let x: usize = 0; x < row; x += 16) {
    let from = source + x;
    let to = target + (x >> 2) * column;
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      const a = v128.load(from), b = v128.load(from + row), c = v128.load(from + 2 * row), d = v128.load(from + 3 * row);
      storeColumns(to, column, a, b, c, d);
      from += 4 * row;
      to += 16;
    }
    // Up to three rows that are left.
    for (; r < rows; r++) {
      const a = v128.load(from);
      v128.store32_lane(to, a, 0);
      v128.store32_lane(to + column, a, 1);
      v128.store32_lane(to + 2 * column, a, 2);
      v128.store32_lane(to + 3 * column, a, 3);
      from += row;
      to += 4;
    }
  }
}

/** Images whose values are moved together: a line of the cache of each feature's. */
const IMAGES: i32 = 16;

// @ts-ignore: decorator
@inline
function moveValue(from: usize, to: usize): f32 {
  const value = load<f32>(from);
  store<f32>(to, value);
  return abs<f32>(value);
}

/**
 * Values of `count` features from `first` on: from images × features to count × images.
 *
 * source, target: f32. Returns the largest magnitude among them; NaN where one is no number.
 */
export function transpose(source: usize, images: i32, features: i32, first: i32, count: i32, target: usize): f32 {
  const row = <usize>features << 2;
  const column = <usize>images << 2;
  source += <usize>first << 2;
  let largest = f32x4.splat(0);
  let rest: f32 = 0;
  for (let block = 0; block < images; block += IMAGES) {
    const last = min<i32>(block + IMAGES, images);
    for (let f = 0; f < count; f += 4) {
      let i = block;
      if (f + 4 <= count) {
        for (; i + 4 <= last; i += 4) {
          const from = source + <usize>i * row + (<usize>f << 2);
          const to = target + <usize>f * column + (<usize>i << 2);
          const a = v128.load(from), b = v128.load(from + row), c = v128.load(from + 2 * row), d = v128.load(from + 3 * row);
          // min and max hand NaN on.
          largest = f32x4.max(f32x4.max(largest, f32x4.abs(a)), f32x4.max(f32x4.abs(b), f32x4.max(f32x4.abs(c), f32x4.abs(d))));
          storeColumns(to, column, a, b, c, d);
        }
      }
      // Up to three images, or features, that are left.
      const until = min<i32>(f + 4, count);
      for (; i < last; i++) {
        for (let k = f; k < until; k++) {
          const value = moveValue(source + <usize>i * row + (<usize>k << 2), target + <usize>k * column + (<usize>i << 2));
          rest = max<f32>(rest, value);
        }
      }
    }
  }
  rest = max<f32>(rest, max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)));
  return max<f32>(rest, max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)));
}
