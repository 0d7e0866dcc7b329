export { type Balance, type Charge, assertWithinBudget, balances } from './budget.js';
export { type Cost, accuracyStep, disclose } from './disclose.js';
export { type LedgerEntry, readDraft, readLedger, readPublication, writeDraft, writePublication } from './ledger.js';
export { type Uniform, geometricNoise } from './noise.js';
export { type Release, assertReleased } from './release.js';
export { DEFAULT_POLICY, type DisclosurePolicy, readPolicy } from './policy.js';
