import { ARITHMETIC } from './shader-arithmetic.js';

/** Threads of a workgroup: one coefficient each, so that neighbours read neighbouring words. */
export const WORKGROUP = 64;

/**
 * Residues to packed rows. A *packed row* is four rows' signed digits in base 256 of one coefficient: word k holds digit k of
 * each, the four bytes that `dot4I8Packed` multiplies by four weights.
 *
 * residues: the shard's tiles, [tile][component][feature][coefficient of the tile]. packed: [component][group][coefficient].
 * largest: the largest residue that is not below the prime; 0 where all are. Residues are centred in ±p/2 first.
 */
export const PACK_SHADER = `${ARITHMETIC}
@group(0) @binding(1) var<storage, read> residues: array<u32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> largest: atomic<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let group = id.y;
  let component = id.z;
  let first = ((column / shape.tile * 2u + component) * shape.features + 4u * group) * shape.tile + column % shape.tile;
  var x = vec4<i32>(0);
  for (var i = 0u; i < 4u; i++) {
    if (4u * group + i >= shape.features) { break; }
    let residue = residues[first + i * shape.tile];
    if (residue >= shape.prime) { atomicMax(&largest, residue); }
    x[i] = i32(residue - select(0u, shape.prime, residue > shape.prime / 2u));
  }
  packed[(component * shape.groups + group) * shape.columns + column] = byDigit(signedDigits(x));
}
`;

/** What a kernel of a linear map is made for. */
export interface MapKernel {
  /** Components of its input: 2, 3 or 5. */
  readonly components: number;
  /** Weights beyond 8 bits, in two signed digits. */
  readonly isWide: boolean;
  /** Leaves residues, and does not square and pack. */
  readonly isLast: boolean;
}

/**
 * Four outputs of one coefficient: Σ w·x by digit, then one reduction.
 *
 * With S = Σ (|low| + |high| digits of the weights) + 1 for the bias, each sum is at most 128·S, and `layOutQuads` keeps S ≤
 * MAX_DIGIT_SUM, so that the carries below (a factor 256/255 at most) stay in an int32.
 */
function sumsShader(isWide: boolean): string {
  const dots = (weights: string, digit: string): string =>
    `vec4<i32>(${['x', 'y', 'z', 'w'].map((lane) => `dot4I8Packed(${weights}.${lane}, x.${digit})`).join(', ')})`;
  const step = isWide ? 2 : 1;
  return `
fn output(component: u32, column: u32, quad: u32) -> vec4<i32> {
  let entry = quads[quad];
  let bias = bitcast<vec4<i32>>(signedDigits(select(vec4<i32>(0), biases[quad], component == 0u)));
  let top = vec4<u32>(24u);
  var s0 = (bias << top) >> top;
  var s1 = (bias << vec4<u32>(16u)) >> top;
  var s2 = (bias << vec4<u32>(8u)) >> top;
  var s3 = bias >> top;
  var s4 = vec4<i32>(0);
  let base = component * shape.groups;
  for (var k = 0u; k < entry.y; k++) {
    let x = packed[(base + rows[entry.x + k]) * shape.columns + column];
    let low = weights[entry.z + ${step}u * k];
    s0 += ${dots('low', 'x')};
    s1 += ${dots('low', 'y')};
    s2 += ${dots('low', 'z')};
    s3 += ${dots('low', 'w')};
    ${
      isWide
        ? `let high = weights[entry.z + 2u * k + 1u];
    s1 += ${dots('high', 'x')};
    s2 += ${dots('high', 'y')};
    s3 += ${dots('high', 'z')};
    s4 += ${dots('high', 'w')};`
        : ''
    }
  }
  // t = s0 + s1 2^8 + s2 2^16 + s3 2^24 + s4 2^32: what a digit's sum has beyond eight bits is carried into the next.
  let eight = vec4<u32>(8u);
  let c1 = s1 + (s0 >> eight);
  let c2 = s2 + (c1 >> eight);
  let c3 = s3 + (c2 >> eight);
  let high = s4 + (c3 >> eight);
  let u1 = bitcast<vec4<u32>>(s1) << eight;
  let u2 = bitcast<vec4<u32>>(s2) << vec4<u32>(16u);
  let u3 = bitcast<vec4<u32>>(s3) << top;
  return montgomery(Wide(bitcast<vec4<u32>>(s0) + u1 + u2 + u3, high));
}
`;
}

/** The coefficients of (Σ x_i s^i)², each a sum of 64-bit products that is reduced once. */
function squareShader(components: number): string {
  const lines = Array.from({ length: components }, (_, i) => `let x${i} = output(${i}u, column, quad);`);
  const square = Array.from({ length: 2 * components - 1 }, (_, k) => {
    const terms: string[] = [];
    for (let i = Math.max(0, k - components + 1); 2 * i < k; i++) terms.push(`product(x${i} + x${i}, x${k - i})`);
    if (k % 2 === 0) terms.push(`product(x${k / 2}, x${k / 2})`);
    return `store(${k}u, column, quad, montgomery(${terms.reduce((all, term) => `sum(${all}, ${term})`)}));`;
  });
  return `
fn store(component: u32, column: u32, quad: u32, x: vec4<i32>) {
  results[(component * shape.quads + quad) * shape.columns + column] = byDigit(signedDigits(x));
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let quad = id.y;
  ${[...lines, ...square].join('\n  ')}
}
`;
}

/** Canonical residues, without the power of 2^−32: |product| ≤ 0.51 p · p/2, so the reduction is in (−p, p). */
const LAST = `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let quad = id.y;
  let component = id.z;
  let x = montgomery(product(output(component, column, quad), vec4<i32>(shape.factor)));
  let residue = bitcast<vec4<u32>>(x + select(vec4<i32>(0), vec4<i32>(i32(shape.prime)), x < vec4<i32>(0)));
  let at = (component * shape.quads + quad) * 4u * shape.columns + column;
  for (var i = 0u; i < 4u; i++) { results[at + i * shape.columns] = residue[i]; }
}
`;

/**
 * A linear map, and unless it is the last one the square and packing of its outputs.
 *
 * packed: [component][group][coefficient]. quads: for each four outputs (first of `rows`, how many, first of `weights`, 0).
 * rows: packed rows. weights: four outputs' words of four weights each, for a wide map low and high digits in turn. biases: four
 * outputs' centred biases, which carry the same power of 2^−32 as the inputs.
 * results: packed rows, [component][quad][coefficient]; of the last map residues, [component][output][coefficient].
 */
export function mapShader({ components, isWide, isLast }: MapKernel): string {
  return `${ARITHMETIC}
@group(0) @binding(1) var<storage, read> packed: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> quads: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> rows: array<u32>;
@group(0) @binding(4) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> biases: array<vec4<i32>>;
@group(0) @binding(6) var<storage, read_write> results: array<${isLast ? 'u32' : 'vec4<u32>'}>;
${sumsShader(isWide)}${isLast ? LAST : squareShader(components)}`;
}
