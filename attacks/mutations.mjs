// Seeded mutations of bytes and of JSON values, for the fuzzer.

/** Mulberry32: small, seeded, good enough to choose mutations. */
let state = 1;

/** Starts the same inputs again. */
export function seedWith(seed) {
  state = seed >>> 0;
}

function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
/** A whole number below another. */
export const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

export const text = (bytes) => new TextDecoder().decode(bytes);
export const bytesOf = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

const ODD = [
  null,
  true,
  -1,
  0,
  1e308,
  -1e308,
  1e-320,
  2 ** 31,
  2 ** 53,
  1.5,
  '',
  'x'.repeat(5000),
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '\u001b[2J',
  [],
  {},
  [[[[[[]]]]]],
  'f'.repeat(64),
];

/** Replaces, removes, doubles or renames something somewhere in a JSON value. */
export function mutateJson(value) {
  const copy = structuredClone(value);
  const places = [];
  const walk = (node) => {
    if (node === null || typeof node !== 'object') return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      walk(node[key]);
    }
  };
  walk(copy);
  for (let i = 1 + below(3); i > 0 && places.length > 0; i--) {
    const [node, key] = pick(places);
    const kind = below(5);
    if (kind === 0) delete node[key];
    else if (kind === 1 && !Array.isArray(node)) node[pick(['__proto__x', 'constructor', key + 'x'])] = node[key];
    else if (kind === 2 && Array.isArray(node)) node.push(...Object.values(node).slice(0, 50));
    else if (kind === 3 && typeof node[key] === 'string') node[key] = text(mutateBytes(bytesOf(node[key])));
    else node[key] = pick(ODD);
  }
  return copy;
}

/** Flips, inserts, removes, repeats or cuts bytes. */
export function mutateBytes(bytes) {
  let out = Uint8Array.from(bytes);
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(out.length + 1);
    const kind = below(6);
    if (kind === 0 && out.length > 0) out[at % out.length] ^= 1 << below(8);
    else if (kind === 1) out = Buffer.concat([out.subarray(0, at), Buffer.from([below(256)]), out.subarray(at)]);
    else if (kind === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + below(8))]);
    else if (kind === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(0, below(64)), out.subarray(at)]);
    else if (kind === 4) out = out.slice(0, at);
    else if (out.length > 0) out[at % out.length] = below(256);
  }
  return Uint8Array.from(out);
}
