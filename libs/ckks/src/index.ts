export {
  type CkksParameters,
  assertSecure,
  createParameters,
  describeParameters,
  parametersDigest,
  parametersFromJson,
  securityOfParameters,
  slotsOf,
} from './ckks-parameters.js';
export { type EncryptionMode, componentsAfter, freshNoise, rescaleNoise } from './noise.js';
export { type Profile, PROFILE_NAMES, profileNamed } from './profiles.js';
export { type SecurityStatement, MAX_LOG_QP_128 } from './security.js';
