export { type Arrangement, ZERO_EXAMPLE, arrange, slotsFor, valuesOfExamples } from './arrangement.js';
export { compareTwins, twinTolerance } from './check.js';
export { SEED_BYTES } from './keyed-uniform.js';
