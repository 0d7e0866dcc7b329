import { type Ring, embeddingDegree } from '@ciphernet/ckks';
import { IntegrityError } from '@ciphernet/foundation';
import type { Ciphertext } from 'node-seal';
import type { SealContext } from './seal-context.js';
import { PARMS_ID, SEAL_HEADER, SEAL_HEADER_BYTES } from './seal-header.js';

/**
 * SEAL 4.1's serialised ciphertext without compression (native/src/seal/ciphertext.cpp `save_members`):
 * a 16-byte header, parms_id (4 words), NTT flag (1 byte), components, N, limbs (8 bytes each), scale (double),
 * correction factor, then a nested 16-byte header, the count of words, and the words, limb by limb inside each
 * component.
 */
const NTT_FLAG = 48;
const COMPONENTS = 49;
const RING_DEGREE = 57;
const LIMBS = 65;
const SCALE = 73;
const CORRECTION = 81;
const NESTED = 89;
const WORD_COUNT = 105;
const WORDS = 113;

/** Components of a ciphertext that SEAL made, with their residues as 32-bit words: [component][limb][coefficient of N]. */
export interface SealResidues {
  readonly components: number;
  readonly limbs: number;
  readonly scale: number;
  readonly words: Uint32Array;
}

/** Reads a ciphertext that SEAL has just saved in this process; every prime is below 2^30, so the low word is all. */
export function residuesOfCiphertext(context: SealContext, ciphertext: Ciphertext): SealResidues {
  return residuesOfSaved(ciphertext.saveToArray(context.seal.ComprModeType.none) as Uint8Array, context.parameters);
}

/**
 * Reads a ciphertext, or a public key, which is one at the key level, as SEAL saved it without compression.
 *
 * @throws IntegrityError for anything else, and for a ring of another degree; the range of residues is not checked
 */
export function residuesOfSaved(bytes: Uint8Array, ring: Ring): SealResidues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (what: string): never => {
    throw new IntegrityError(what, {
      where: 'ciphertext',
      hint: 'the layout of this version of node-seal is not known',
    });
  };
  if (bytes.length < WORDS) fail(`${bytes.length} bytes are too few for a ciphertext of SEAL's`);
  const components = Number(view.getBigUint64(COMPONENTS, true));
  const limbs = Number(view.getBigUint64(LIMBS, true));
  const degree = embeddingDegree(ring);
  const count = components * limbs * degree;
  const isWhole = bytes.length === WORDS + 8 * count && view.getBigUint64(RING_DEGREE, true) === BigInt(degree);
  if (!isWhole || view.getUint8(NTT_FLAG) !== 1) fail(`SEAL saved ${bytes.length} bytes for ${count} residues`);
  const words = firstOfEach(lowWords(bytes, WORDS, count), degree, ring.ringDegree);
  return { components, limbs, scale: view.getFloat64(SCALE, true), words };
}

/** The first N of each polynomial's values: all of them, or the half that the other one mirrors. */
function firstOfEach(words: Uint32Array, degree: number, ringDegree: number): Uint32Array {
  if (degree === ringDegree) return words;
  const halves = new Uint32Array((words.length / degree) * ringDegree);
  for (let from = 0, to = 0; from < words.length; from += degree, to += ringDegree) {
    halves.set(words.subarray(from, from + ringDegree), to);
  }
  return halves;
}

/**
 * Low halves of `count` 64-bit words, which start at any offset: one aligned copy, then every second 32-bit word.
 *
 * @param offset of the first word in `bytes`
 */
export function lowWords(bytes: Uint8Array, offset: number, count: number): Uint32Array {
  // A copy, also of a Buffer, whose own `slice` makes none.
  const wide = new Uint32Array(new Uint8Array(bytes.subarray(offset, offset + 8 * count)).buffer);
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = wide[2 * i] ?? 0;
  return words;
}

/**
 * Writes the residues of one polynomial as SEAL's 64-bit words. Those of the conjugate-invariant ring, half as many as SEAL's degree,
 * are mirrored into the other half.
 *
 * @param wide pairs of low and high halves; the high ones stay zero
 * @param index of the polynomial
 */
export function putRow(wide: Uint32Array, index: number, row: Uint32Array, degree: number): void {
  const at = 2 * index * degree;
  for (let i = 0; i < row.length; i++) wide[at + 2 * i] = row[i] ?? 0;
  for (let i = row.length; i < degree; i++) wide[at + 2 * i] = row[degree - 1 - i] ?? 0;
}

/**
 * Loads residues into a SEAL ciphertext.
 *
 * @param row the residues of one component and limb: N words, each below the limb's prime (checked before)
 */
export function ciphertextFromResidues(
  context: SealContext,
  shape: { readonly components: number; readonly limbs: number; readonly scale: number },
  row: (component: number, limb: number, into: Uint32Array) => void,
): Ciphertext {
  const { seal, parameters, parmsIds } = context;
  const N = parameters.ringDegree;
  const degree = embeddingDegree(parameters);
  const count = shape.components * shape.limbs * degree;
  const bytes = new Uint8Array(WORDS + 8 * count);
  const view = new DataView(bytes.buffer);
  bytes.set(SEAL_HEADER);
  view.setBigUint64(8, BigInt(bytes.length), true);
  const id = parmsIds[shape.limbs - 1];
  if (id === undefined) {
    throw new IntegrityError(`${shape.limbs} limbs, the parameters have ${parmsIds.length}`, { where: 'ciphertext' });
  }
  id.forEach((word, i) => view.setBigUint64(PARMS_ID + 8 * i, word, true));
  view.setUint8(NTT_FLAG, 1);
  view.setBigUint64(COMPONENTS, BigInt(shape.components), true);
  view.setBigUint64(RING_DEGREE, BigInt(degree), true);
  view.setBigUint64(LIMBS, BigInt(shape.limbs), true);
  view.setFloat64(SCALE, shape.scale, true);
  view.setBigUint64(CORRECTION, 1n, true);
  bytes.set(SEAL_HEADER, NESTED);
  view.setBigUint64(NESTED + 8, BigInt(SEAL_HEADER_BYTES + 8 + 8 * count), true);
  view.setBigUint64(WORD_COUNT, BigInt(count), true);
  const wide = new Uint32Array(2 * count);
  const words = new Uint32Array(N);
  for (let component = 0; component < shape.components; component++) {
    for (let limb = 0; limb < shape.limbs; limb++) {
      row(component, limb, words);
      putRow(wide, component * shape.limbs + limb, words, degree);
    }
  }
  bytes.set(new Uint8Array(wide.buffer), WORDS);
  const ciphertext = new seal.Ciphertext();
  try {
    ciphertext.loadFromArray(context.context, bytes);
  } catch (cause) {
    ciphertext.delete();
    throw new IntegrityError('SEAL refuses a ciphertext', {
      where: 'residues',
      hint: 'parameters do not match',
      cause,
    });
  }
  return ciphertext;
}
