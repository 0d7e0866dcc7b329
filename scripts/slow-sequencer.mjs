// Order of the slow test files: those that take minutes first, so that none of them runs alone at the end.

/** The longest first, as they were measured on two cores; all others take half a minute to a minute, in any order. */
const LONGEST = ['pipeline', 'schedule', 'faults', 'hostile-store', 'curve-kill', 'poisoned', 'forged-results'];

function rank({ path }) {
  const at = LONGEST.findIndex((name) => path.endsWith(`/${name}.slow.test.ts`));
  return at === -1 ? LONGEST.length : at;
}

/** What Jest asks of a sequencer; nothing is remembered from run to run. */
export default class SlowSequencer {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }

  cacheResults() {}
}
