export {
  CACHE_LINE,
  FIRST_FREE,
  MOST_PAGES,
  PAGE_BYTES,
  type SharedMemory,
  type WasmMemory,
  type WasmModule,
  compileWasm,
  createSharedMemory,
  instanceOn,
  wasmFactory,
  wasmOnMemory,
} from './instance.js';
export { inverseModulo, multiplyModulo, powerModulo, residueOf } from './modular.js';
export { PRIME_BOUND, createPrimes, isPrime } from './primes.js';
export {
  RING_CODES,
  RING_NAMES,
  type Ring,
  type RingName,
  embeddingDegree,
  slotsOf,
  valuesPerSlot,
} from './ring-names.js';
export { type RingExports, MIN_PRIME, MODULUS_BYTES, createRingKernels, rootTableBytes } from './ring-kernels.js';
export { minimalRoot } from './roots.js';
export { compileWide } from './wide.js';
