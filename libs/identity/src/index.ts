export { type Identity, identityFingerprint, openIdentity, verifySignature } from './identity.js';
export { protect, protectionSchema, unprotect } from './protect.js';
