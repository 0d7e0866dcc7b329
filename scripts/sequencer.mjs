// Order of the test files where those of all packages run at once: those that take longest first, so that none of them runs alone
// at the end.

/** The longest first, as they were measured on two cores; all others take less, in any order. */
const LONGEST = [
  ...[
    'convert',
    'own-data',
    'crafted-models',
    'pipeline',
    'faults',
    'poisoned',
    'curve-kill',
    'schedule',
    'sealed-model',
    'convert-wake-words',
    'convert-queue',
    'encoded-training',
  ].map((name) => `${name}.slow`),
  ...['consent', 'hostile-store', 'official', 'forged-results'].map((name) => `${name}.slow`),
  ...['encryption-pool', 'spot-check', 'seal-conformance', 'simd-conformance', 'bad-input', 'answers', 'walls'],
];

function rank({ path }) {
  const at = LONGEST.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return at === -1 ? LONGEST.length : at;
}

/** What Jest asks of a sequencer; nothing is remembered from run to run. */
export default class Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }

  cacheResults() {}
}
