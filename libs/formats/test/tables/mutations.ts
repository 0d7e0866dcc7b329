/** Seeded mutations of bytes: the same seed gives the same inputs. */
export function mutator(seed: number): (bytes: Uint8Array) => Uint8Array {
  // Mulberry32: small, seeded, good enough to choose mutations.
  let state = seed >>> 0;
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
  return (bytes) => {
    let out = Buffer.from(bytes);
    for (let i = 1 + below(4); i > 0; i--) {
      // Half of them near the end, where Parquet and zip say what is where.
      const at = below(2) === 0 ? below(out.length + 1) : Math.max(0, out.length - below(1500));
      const kind = below(8);
      if (kind === 0 && out.length > 0) out[at % out.length]! ^= 1 << below(8);
      else if (kind === 1) out = Buffer.concat([out.subarray(0, at), Buffer.from([below(256)]), out.subarray(at)]);
      else if (kind === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + below(8))]);
      else if (kind === 3) out = out.subarray(0, at);
      else if (kind === 4) out.fill(0xff, at, Math.min(out.length, at + 1 + below(8)));
      else if (out.length > 0) out[at % out.length] = [0, 1, 0x7f, 0x80, 0xff, below(256)][below(6)]!;
    }
    return Uint8Array.from(out);
  };
}
