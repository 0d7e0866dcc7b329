export {
  type CkksParameters,
  SMALLEST_SPECIAL_PRIME,
  assertSecure,
  createParameters,
  describeParameters,
  parametersDigest,
  parametersFromJson,
  parametersToJson,
  securityOfParameters,
  withSpecialPrime,
} from './ckks-parameters.js';
export { type EncryptionMode, componentsAfter, freshNoise, rescaleNoise } from './noise.js';
export { type Profile, PROFILE_NAMES, profileNamed } from './profiles.js';
export { RING_NAMES, type Ring, type RingName, embeddingDegree, slotsOf, valuesPerSlot } from '@ciphernet/ring';
export { type SecurityStatement, MAX_LOG_QP_128 } from './security.js';
