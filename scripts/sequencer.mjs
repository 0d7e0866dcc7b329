// Order of the test files where those of all packages run at once: those that take longest first, so that none of them runs alone
// at the end.

/** The longest first, as they were measured on two cores; all others take less, in any order. */
const LONGEST = [
  ...['own-data', 'convert', 'faults', 'poisoned', 'curve-kill'].map((name) => `${name}.long`),
  'pipeline.slow',
  ...['convert-wake-words', 'schedule', 'official', 'hostile-store', 'consent', 'crafted-models'].map(
    (name) => `${name}.long`,
  ),
  ...['forged-results', 'convert-queue', 'encoded-training', 'sealed-model'].map((name) => `${name}.long`),
  'import.long',
  ...['processes', 'dashboard', 'files'].map((name) => `${name}.slow`),
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
