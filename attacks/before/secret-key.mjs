// The secret key by what reports publish. A "ciphertext" with c1 = 1 decrypts to c0 plus the key itself, whose coefficients are
// −1, 0 and 1. Where c0 has (Q − 1)/2, a key coefficient of 1 wraps around Q: the decrypted coefficient changes sign, by Q in
// all; at −(Q − 1)/2 a coefficient of −1 does. Other coefficients of the key are far too small to be seen.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from './deployment.mjs';
import { claimed, storeResult } from './forged-result.mjs';
import { forge } from './owner.mjs';
import { coefficientsOf, polynomialWith, slotCosines } from './polynomials.mjs';

/** The key as the owner's files have it: what the attackers' findings are held against. */
async function trueKey({ old, data }, manifest, passphrase) {
  const { readSecretKey } = await old.library('keyring');
  const record = join(data, 'client', `${manifest.digest}.json`);
  const { keys } = JSON.parse(await readFile(record, 'utf8'));
  const { bytes, parameters } = await readSecretKey(keys, passphrase);
  // SEAL holds the key in NTT form modulo every prime; the first one's words come first, after headers of a fixed length.
  const N = parameters.ringDegree;
  const limbs = parameters.primes.length + 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = bytes.length - 8 * N * limbs;
  const residues = Uint32Array.from({ length: N }, (_, i) => Number(view.getBigUint64(from + 8 * i, true)));
  return coefficientsOf(residues, parameters.primes[0]);
}

const modulus = ({ parameters }) => parameters.primes.reduce((product, p) => product * BigInt(p), 1n);

/** Numbers that differ from run to run in nothing: what fails once fails again. */
function randomly(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function distinct(count, below, from, random) {
  const found = new Set();
  while (found.size < count) found.add(from + random(below - from));
  return [...found];
}

/** c0 with `sign`·(Q − 1)/2 at the positions, and c1 = 1. */
function probe(coefficients, positions, Q, sign) {
  const c0 = Array.from(coefficients, (c) => BigInt(Math.round(c)));
  for (const position of positions) c0[position] = (BigInt(sign) * (Q - 1n)) / 2n;
  const c1 = new Array(c0.length).fill(0n);
  c1[0] = 1n;
  return [c0, c1];
}

/** Both signs give every coefficient: 1 where the first wrapped, −1 where the second did, 0 elsewhere. */
const ternary = (plus, minus) => plus.map((wrapped, i) => (wrapped ? 1 : minus[i] ? -1 : 0));

const PROBED = 32;

/**
 * One slot of one class is made the largest error of all. It is a known number plus Q/2 times a sum of 32 cosines, each with a
 * sign: with the full precision of the report, only one choice of signs gives it.
 */
async function byLargestError(parties, { datasets, honest, model }, passphrase) {
  const { digest, manifest } = datasets.private;
  const N = manifest.parameters.ringDegree;
  const Q = modulus(manifest);
  const half = Number(Q) / 2;
  const cosine = slotCosines(N);
  const slot = 7;
  const positions = distinct(PROBED, N, 0, randomly(5));
  const cosines = positions.map((i) => cosine(slot, i));
  const { compiled } = honest.private.results[0];
  await parties.startCollector();

  const wrapped = async (sign) => {
    const base = polynomialWith([[slot, 2.2 * PROBED * half]], N, cosine);
    const known = 2.2 * PROBED * half - positions.reduce((sum, i, l) => sum + base[i] * cosines[l], 0);
    const nothing = [new Array(N).fill(0n), undefined];
    const ciphertexts = [probe(base, positions, Q, sign), ...new Array(manifest.classes - 1).fill(nothing)];
    const result = await storeResult(parties, manifest, 0, ciphertexts, 1);
    const answer = claimed(0, result, { compiled });
    const { report } = await forge(parties, datasets.private, [answer], { model, compare: true });
    return signsOf((report.precision.measuredLargest - known) / half, cosines).map((s) => s !== sign);
  };
  const found = ternary(await wrapped(1), await wrapped(-1));
  const key = await trueKey(parties, { digest }, passphrase);
  const right = positions.filter((position, l) => key[position] === found[l]).length;
  expect(right === PROBED, `${right} of ${PROBED} key coefficients`);
  return `${right} of ${PROBED} key coefficients exact in 2 evaluations; all ${N} take at most ${2 * Math.ceil(N / PROBED)}`;
}

/** Signs with which the cosines add up to `sum`: both halves of them are tried, and met in the middle. */
function signsOf(sum, cosines) {
  const sums = (part) =>
    Array.from({ length: 2 ** part.length }, (_, bits) => ({
      bits,
      sum: part.reduce((total, c, l) => total + ((bits >> l) & 1 ? -c : c), 0),
    })).sort((a, b) => a.sum - b.sum);
  const left = sums(cosines.slice(0, cosines.length / 2));
  const right = sums(cosines.slice(cosines.length / 2));
  let best = { distance: Infinity };
  for (let i = 0, j = right.length - 1; i < left.length; i++) {
    while (j > 0 && left[i].sum + right[j - 1].sum >= sum) j--;
    for (const k of [j - 1, j]) {
      if (k < 0) continue;
      const distance = Math.abs(left[i].sum + right[k].sum - sum);
      if (distance < best.distance) best = { distance, bits: [left[i].bits, right[k].bits] };
    }
  }
  return cosines.map((_, l) => {
    const [part, at] = l < cosines.length / 2 ? [0, l] : [1, l - cosines.length / 2];
    return (best.bits[part] >> at) & 1 ? -1 : 1;
  });
}

/** Read on 1, 2 and 4 slots: a column's count is then the bits themselves. */
const BITS = 3;
/** In units of Q/2: what a slot's deciding cosine exceeds the others by. */
const MARGIN = 0.2;

/** For a class: three coefficients, and slots in each of which one of them decides, whatever the others are. */
function choosePositions(N, images, cosine, taken, used, random) {
  for (let attempt = 0; attempt < 10_000; attempt++) {
    const positions = distinct(BITS, N, N / 16, random);
    if (positions.some((position) => used.has(position))) continue;
    const slots = positions.map((position, bit) => {
      const deciding = [];
      for (let j = 0; j < images && deciding.length < 2 ** bit; j++) {
        if (taken.has(j)) continue;
        const others = positions.reduce((sum, i) => sum + (i === position ? 0 : Math.abs(cosine(j, i))), 0);
        if (-cosine(j, position) > others + MARGIN) deciding.push(j);
      }
      return deciding;
    });
    const all = slots.flat();
    const enough = slots.every((deciding, bit) => deciding.length === 2 ** bit) && new Set(all).size === all.length;
    if (!enough) continue;
    for (const j of all) taken.add(j);
    for (const position of positions) used.add(position);
    return { positions, slots: all };
  }
  throw new Error('no positions were found');
}

/**
 * Class 0 is zero everywhere. Every other class lies far below it, but for the slots in which one key coefficient decides
 * whether it comes out above: how many images it has in the confusion matrix is three bits of the key.
 */
async function byConfusion(parties, { datasets }, passphrase) {
  const { digest, manifest } = datasets.private;
  const N = manifest.parameters.ringDegree;
  const Q = modulus(manifest);
  const half = Number(Q) / 2;
  const cosine = slotCosines(N);
  const random = randomly(11);
  const [taken, used] = [new Set(), new Set()];
  const plans = Array.from({ length: manifest.classes - 1 }, () =>
    choosePositions(N, manifest.images, cosine, taken, used, random),
  );
  await parties.startCollector();

  const wrapped = async (sign) => {
    const forged = plans.map(({ positions, slots }) => {
      const low = Array.from({ length: manifest.images }, (_, j) => [j, -(BITS + 0.6) * half]);
      const base = polynomialWith(
        low.filter(([j]) => !slots.includes(j)),
        N,
        cosine,
      );
      return probe(base, positions, Q, sign);
    });
    const nothing = [new Array(N).fill(0n), undefined];
    const result = await storeResult(parties, manifest, 0, [nothing, ...forged], 2 ** 40);
    const { report } = await forge(parties, datasets.private, [result]);
    return plans.flatMap((_, k) => {
      const count = report.confusion.reduce((sum, row) => sum + row[k + 1], 0);
      // Slots whose cosine is negative: the class comes out above where the coefficient of the product is negative.
      return Array.from({ length: BITS }, (_, bit) => ((count >> bit) & 1) === (sign === 1 ? 1 : 0));
    });
  };
  const found = ternary(await wrapped(1), await wrapped(-1));
  const positions = plans.flatMap((plan) => plan.positions);
  const key = await trueKey(parties, { digest }, passphrase);
  const right = positions.filter((position, l) => key[position] === found[l]).length;
  expect(right === positions.length, `${right} of ${positions.length} key coefficients`);
  return `${positions.length} key bits from one evaluation, ${right} of ${positions.length} coefficients exact from two; all ${N} take at most ${2 * Math.ceil(N / positions.length)}`;
}

export const attacks = [
  { row: 1, name: 'forged results read the secret key in the report’s largest error', run: byLargestError },
  { row: 2, name: 'forged results read the secret key in the confusion matrix alone', run: byConfusion },
];
