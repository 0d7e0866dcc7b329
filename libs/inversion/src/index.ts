export { type AttackOptions, type Inversion, attackEncoding } from './attack.js';
export { sameClassNeighbours } from './neighbours.js';
export { type PairSet, takePairs } from './pairs.js';
