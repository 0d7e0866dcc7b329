export { type Attack, type AttackOptions, type Inversion, attackEncoding } from './attack.js';
export { sameClassNeighbours } from './neighbours.js';
export type { PairSet } from './pairs.js';
export { type Similarity, similarityOf } from './similarity.js';
