export {
  type Attestation,
  type SignedAttestation,
  signAttestation,
  signedAttestationSchema,
  verifyAttestation,
} from './attestation.js';
