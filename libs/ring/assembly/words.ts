// Words of fewer than 32 bits one after the other, least significant bit first: how residues travel.

/**
 * source: `count` u32 below 2^bits. bits: 1 to 32. target: takes ceil(count * bits / 32) u32, of which the last one is padded with zeros.
 */
export function packWords(source: usize, count: i32, bits: i32, target: usize): void {
  // Below 32 bits are held before a word is added, so that 64 are enough.
  let held: u64 = 0;
  let filled = 0;
  for (const end = source + (<usize>count << 2); source < end; source += 4) {
    held |= <u64>load<u32>(source) << filled;
    filled += bits;
    if (filled < 32) continue;
    store<u32>(target, <u32>held);
    target += 4;
    held >>= 32;
    filled -= 32;
  }
  if (filled > 0) store<u32>(target, <u32>held);
}

/** The other way round. target: takes `count` u32. */
export function unpackWords(source: usize, count: i32, bits: i32, target: usize): void {
  const mask: u64 = (<u64>1 << bits) - 1;
  let held: u64 = 0;
  let filled = 0;
  for (const end = target + (<usize>count << 2); target < end; target += 4) {
    if (filled < bits) {
      held |= <u64>load<u32>(source) << filled;
      source += 4;
      filled += 32;
    }
    store<u32>(target, <u32>(held & mask));
    held >>= bits;
    filled -= bits;
  }
}
