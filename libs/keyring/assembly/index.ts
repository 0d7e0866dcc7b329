export { modulusInit } from '@ciphernet/ring/assembly/modulus';
export { rootsInit } from '@ciphernet/ring/assembly/roots';
export { nttForward, nttInverse } from '@ciphernet/ring/assembly/ntt';
export { blockInputs, cutWords } from '@ciphernet/ring/assembly/uniform';
export { centredBinomials, ternary } from './samplers';
export { embed } from './embedding';
export {
  prepareKey, publicComponent, roundingDifference, subtractError, symmetricRows, transformMessage, transformSmall,
} from './encryption';
export {
  laneDifference, laneIntegers, laneMessages, lanePrime, laneProducts, lanePublicRows, laneRows, laneSum, regroup,
} from './lanes';
export { columns, scatter, transpose } from './tiles';

/** Zeroes memory that held secrets. */
export function wipe(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}
