// The filter gradient of a convolution, NHWC:
//     dFilter[i, j, c, f] = sum over image, oy, ox of x[image, oy·down + i - top, ox·right + j - left, c] · dy[image, oy, ox, f],
// in single precision, each product rounded and added in the order of images, rows and columns: what a matrix product of patches and dy
// gives that adds up one term after the other. The patches are not written down: of a batch they are more than a core's cache holds, and
// writing them was four fifths of the gradient.
//
// x: images × height × width × channels floats. dy: images × outHeight × outWidth × filters, filters a multiple of 4. Padding is left out:
// it would add 0, where dy is finite.

/** Bytes of a vector, and of a float. */
const VECTOR: usize = 16;
const FLOAT: usize = 4;

/** A window of the image and the sums that it is multiplied into: rows of so many consecutive values, for one vector of filters or two. */
let windowRows: i32 = 0;
let windowColumns: i32 = 0;
/** Bytes from a row of the window's values, and of the sums', to the next. */
let valueRow: usize = 0;
let sumRow: usize = 0;
/** Bytes from a sum to that of the next value: all filters. */
let apart: usize = 0;

/** sums += x · dy, of one position and four filters. */
function addOne(sums: usize, x: usize, dy: usize): void {
  const d = v128.load(dy);
  const next = apart;
  for (let i = 0; i < windowRows; i++, x += valueRow, sums += sumRow) {
    let sum = sums;
    for (let at = x, end = x + <usize>windowColumns * FLOAT; at < end; at += FLOAT, sum += next) {
      v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(v128.load32_splat(at), d)));
    }
  }
}

/** The same of four positions, one after the other, whose values are `step` bytes apart: sums are read and written once for them. */
function addFour(sums: usize, x: usize, step: usize, dy: usize): void {
  const next = apart;
  const d0 = v128.load(dy), d1 = v128.load(dy + next), d2 = v128.load(dy + 2 * next), d3 = v128.load(dy + 3 * next);
  const second = step, third = step + step, fourth = third + step;
  for (let i = 0; i < windowRows; i++, x += valueRow, sums += sumRow) {
    let sum = sums;
    for (let at = x, end = x + <usize>windowColumns * FLOAT; at < end; at += FLOAT, sum += next) {
      let s = f32x4.add(v128.load(sum), f32x4.mul(v128.load32_splat(at), d0));
      s = f32x4.add(s, f32x4.mul(v128.load32_splat(at + second), d1));
      s = f32x4.add(s, f32x4.mul(v128.load32_splat(at + third), d2));
      v128.store(sum, f32x4.add(s, f32x4.mul(v128.load32_splat(at + fourth), d3)));
    }
  }
}

/** The same for eight filters, which each value is read once for. */
function addFourTwice(sums: usize, x: usize, step: usize, dy: usize): void {
  const next = apart;
  const d0 = v128.load(dy), d1 = v128.load(dy + next), d2 = v128.load(dy + 2 * next), d3 = v128.load(dy + 3 * next);
  const e0 = v128.load(dy, VECTOR), e1 = v128.load(dy + next, VECTOR), e2 = v128.load(dy + 2 * next, VECTOR), e3 = v128.load(dy + 3 * next, VECTOR);
  const second = step, third = step + step, fourth = third + step;
  for (let i = 0; i < windowRows; i++, x += valueRow, sums += sumRow) {
    let sum = sums;
    for (let at = x, end = x + <usize>windowColumns * FLOAT; at < end; at += FLOAT, sum += next) {
      let value = v128.load32_splat(at);
      let s = f32x4.add(v128.load(sum), f32x4.mul(value, d0));
      let t = f32x4.add(v128.load(sum, VECTOR), f32x4.mul(value, e0));
      value = v128.load32_splat(at + second);
      s = f32x4.add(s, f32x4.mul(value, d1));
      t = f32x4.add(t, f32x4.mul(value, e1));
      value = v128.load32_splat(at + third);
      s = f32x4.add(s, f32x4.mul(value, d2));
      t = f32x4.add(t, f32x4.mul(value, e2));
      value = v128.load32_splat(at + fourth);
      v128.store(sum, f32x4.add(s, f32x4.mul(value, d3)));
      v128.store(sum, f32x4.add(t, f32x4.mul(value, e3)), VECTOR);
    }
  }
}

/** target: filterHeight × filterWidth × channels × filters floats, overwritten. */
export function filterGradient(
  x: usize,
  dy: usize,
  target: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  filters: i32,
  filterHeight: i32,
  filterWidth: i32,
  down: i32,
  right: i32,
  top: i32,
  left: i32,
): void {
  apart = <usize>filters * FLOAT;
  valueRow = <usize>(width * channels) * FLOAT;
  sumRow = <usize>(filterWidth * channels) * apart;
  memory.fill(target, 0, <usize>filterHeight * sumRow);
  const step = <usize>(right * channels) * FLOAT;
  for (let image = 0; image < images; image++) {
    for (let oy = 0; oy < outHeight; oy++) {
      // Rows of the filter, and columns below, that lie inside the image.
      const y = oy * down - top;
      const i = max(0, -y);
      windowRows = min(filterHeight, height - y) - i;
      const row = x + <usize>(image * height + y + i) * valueRow;
      const own = dy + <usize>((image * outHeight + oy) * outWidth) * apart;
      const sums = target + <usize>i * sumRow;
      for (let ox = 0; ox < outWidth; ) {
        const at = ox * right - left;
        const j = max(0, -at);
        windowColumns = (min(filterWidth, width - at) - j) * channels;
        const values = row + <usize>((at + j) * channels) * FLOAT;
        const first = sums + <usize>(j * channels) * apart;
        const position = own + <usize>ox * apart;
        const isInside = j == 0 && at + 3 * right + filterWidth <= width && ox + 4 <= outWidth;
        for (let f: usize = 0; f < apart; ) {
          if (!isInside) addOne(first + f, values, position + f);
          else if (f + 2 * VECTOR > apart) addFour(first + f, values, step, position + f);
          else {
            addFourTwice(first + f, values, step, position + f);
            f += VECTOR;
          }
          f += VECTOR;
        }
        ox += isInside ? 4 : 1;
      }
    }
  }
}
