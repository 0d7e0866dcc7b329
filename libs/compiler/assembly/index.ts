// Circuits in the clear, and the second moments of what their maps read, in double precision: every sum in the order of the loops that
// define it (evaluate-circuit.ts, rounding.ts), so the numbers are those of scalars. Pointers are bytes; doubles stand at multiples of 8.

const DOUBLE: usize = 8;
/** Bytes of a vector: two doubles. */
const VECTOR: usize = 16;
/** Bytes of a value of four examples, side by side. */
const LANES: usize = 32;

/**
 * The rows of a block times the values of four examples, each row's sum in the order of its columns.
 *
 * weights: rows × columns. inputs, outputs: words, the block's places in x and y. x, y: values × four lanes; of y its outputs are
 * overwritten. gathered: room for columns × four lanes.
 */
export function applyBlock(
  weights: usize,
  rows: i32,
  columns: i32,
  inputs: usize,
  outputs: usize,
  x: usize,
  gathered: usize,
  y: usize,
): void {
  let to = gathered;
  for (let i = 0; i < columns; i++, to += LANES) {
    const from = x + <usize>load<u32>(inputs + (<usize>i << 2)) * LANES;
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, VECTOR), VECTOR);
  }
  const length = <usize>columns * DOUBLE;
  for (let row = 0; row < rows; row += 4) {
    // Rows beyond the last are the last once more: added up again, and stored over it.
    const r1 = min(row + 1, rows - 1), r2 = min(row + 2, rows - 1), r3 = min(row + 3, rows - 1);
    let w0 = weights + <usize>row * length, w1 = weights + <usize>r1 * length;
    let w2 = weights + <usize>r2 * length, w3 = weights + <usize>r3 * length;
    let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
    let e = f64x2.splat(0), f = f64x2.splat(0), g = f64x2.splat(0), h = f64x2.splat(0);
    for (let at = gathered; at < to; at += LANES) {
      const u = v128.load(at), v = v128.load(at, VECTOR);
      let w = v128.load64_splat(w0);
      a = f64x2.add(a, f64x2.mul(w, u));
      b = f64x2.add(b, f64x2.mul(w, v));
      w = v128.load64_splat(w1);
      c = f64x2.add(c, f64x2.mul(w, u));
      d = f64x2.add(d, f64x2.mul(w, v));
      w = v128.load64_splat(w2);
      e = f64x2.add(e, f64x2.mul(w, u));
      f = f64x2.add(f, f64x2.mul(w, v));
      w = v128.load64_splat(w3);
      g = f64x2.add(g, f64x2.mul(w, u));
      h = f64x2.add(h, f64x2.mul(w, v));
      w0 += DOUBLE;
      w1 += DOUBLE;
      w2 += DOUBLE;
      w3 += DOUBLE;
    }
    storeLanes(y, outputs, row, a, b);
    storeLanes(y, outputs, r1, c, d);
    storeLanes(y, outputs, r2, e, f);
    storeLanes(y, outputs, r3, g, h);
  }
}

// @ts-ignore: decorator
@inline
function storeLanes(y: usize, outputs: usize, row: i32, low: v128, high: v128): void {
  const to = y + <usize>load<u32>(outputs + (<usize>row << 2)) * LANES;
  v128.store(to, low);
  v128.store(to, high, VECTOR);
}

/**
 * Adds a block's rows, each times the slope at its output, to the slopes at its inputs, row by row: a vector times the block.
 *
 * weights, inputs, outputs: as above; no input comes twice. slopes, back: doubles, at the map's outputs and inputs. gathered: room for columns doubles.
 */
export function backBlock(
  weights: usize,
  rows: i32,
  columns: i32,
  inputs: usize,
  outputs: usize,
  slopes: usize,
  gathered: usize,
  back: usize,
): void {
  const end = inputs + (<usize>columns << 2);
  for (let i = inputs, to = gathered; i < end; i += 4, to += DOUBLE) {
    store<f64>(to, load<f64>(back + <usize>load<u32>(i) * DOUBLE));
  }
  const last = gathered + <usize>(columns & ~1) * DOUBLE;
  for (let row = 0; row < rows; row++) {
    const slope = load<f64>(slopes + <usize>load<u32>(outputs + (<usize>row << 2)) * DOUBLE);
    const s = f64x2.splat(slope);
    let to = gathered;
    for (; to < last; to += VECTOR, weights += VECTOR) {
      v128.store(to, f64x2.add(v128.load(to), f64x2.mul(s, v128.load(weights))));
    }
    if ((columns & 1) == 1) {
      store<f64>(to, load<f64>(to) + slope * load<f64>(weights));
      weights += DOUBLE;
    }
  }
  for (let i = inputs, from = gathered; i < end; i += 4, from += DOUBLE) {
    store<f64>(back + <usize>load<u32>(i) * DOUBLE, load<f64>(from));
  }
}

/** y += bias, of four lanes. */
export function addBias(y: usize, bias: usize, count: i32): void {
  for (let i = 0; i < count; i++, y += LANES, bias += DOUBLE) {
    const b = v128.load64_splat(bias);
    v128.store(y, f64x2.add(b, v128.load(y)));
    v128.store(y, f64x2.add(b, v128.load(y, VECTOR)), VECTOR);
  }
}

/** y = x·x, of four lanes. */
export function square(x: usize, y: usize, count: i32): void {
  for (let i = 0; i < 2 * count; i++, x += VECTOR, y += VECTOR) {
    const value = v128.load(x);
    v128.store(y, f64x2.mul(value, value));
  }
}

/**
 * Adds each of four examples' products of two columns to the lower triangle, one after the other.
 *
 * centred: four rows of `size` doubles, the examples. sum: size·(size + 1)/2 doubles, row by row.
 */
export function addProducts(centred: usize, size: i32, sum: usize): void {
  const row = <usize>size * DOUBLE;
  let to = sum;
  for (let j = 0; j < size; j++) {
    let a = centred;
    const own = a + <usize>j * DOUBLE;
    const p = v128.load64_splat(own), q = v128.load64_splat(own + row);
    const r = v128.load64_splat(own + 2 * row), s = v128.load64_splat(own + 3 * row);
    for (; a < own; a += VECTOR, to += VECTOR) {
      let t = f64x2.add(v128.load(to), f64x2.mul(p, v128.load(a)));
      t = f64x2.add(t, f64x2.mul(q, v128.load(a + row)));
      t = f64x2.add(t, f64x2.mul(r, v128.load(a + 2 * row)));
      v128.store(to, f64x2.add(t, f64x2.mul(s, v128.load(a + 3 * row))));
    }
    // Of an odd number of columns the last one is left.
    if (a == own) {
      let t = load<f64>(to) + load<f64>(own) * load<f64>(a);
      t += load<f64>(own + row) * load<f64>(a + row);
      t += load<f64>(own + 2 * row) * load<f64>(a + 2 * row);
      store<f64>(to, t + load<f64>(own + 3 * row) * load<f64>(a + 3 * row));
      to += DOUBLE;
    }
  }
}

/** Adds each of four examples' squares over `count` to those of its columns, one after the other. centred: as for products. */
export function addSquares(centred: usize, size: i32, count: f64, sum: usize): void {
  const row = <usize>size * DOUBLE;
  for (let j = 0; j < size; j++, centred += DOUBLE, sum += DOUBLE) {
    let s = load<f64>(sum);
    for (let lane: usize = 0; lane < 4; lane++) {
      const value = load<f64>(centred + lane * row);
      s += (value * value) / count;
    }
    store<f64>(sum, s);
  }
}
