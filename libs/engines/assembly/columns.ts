// Single positions of a shard: columns are taken out of the tiles that a shard has, and laid into tiles that `pack` reads.

/** tile: u32, `words` rows of `coefficients`. column: the rows' values at coefficient x, one after another. */
export function takeColumn(tile: usize, coefficients: i32, x: i32, words: i32, column: usize): void {
  const stride: usize = coefficients << 2;
  const end = column + (<usize>words << 2);
  for (let from = tile + (<usize>x << 2); column < end; from += stride, column += 4) {
    store<u32>(column, load<u32>(from));
  }
}

/** columns: four of `words` u32, one behind the other. into: rows of four, one of each column. */
export function interleaveFour(columns: usize, words: i32, into: usize): void {
  const bytes = <usize>words << 2;
  const second = columns + bytes;
  const third = second + bytes;
  const fourth = third + bytes;
  const whole = bytes & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16, into += 64) {
    const a = v128.load(columns + at);
    const b = v128.load(second + at);
    const c = v128.load(third + at);
    const d = v128.load(fourth + at);
    const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cdLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    v128.store(into, v128.shuffle<i64>(abLow, cdLow, 0, 2));
    v128.store(into, v128.shuffle<i64>(abLow, cdLow, 1, 3), 16);
    v128.store(into, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), 32);
    v128.store(into, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), 48);
  }
  for (; at < bytes; at += 4, into += 16) {
    store<u32>(into, load<u32>(columns + at));
    store<u32>(into, load<u32>(second + at), 4);
    store<u32>(into, load<u32>(third + at), 8);
    store<u32>(into, load<u32>(fourth + at), 12);
  }
}
