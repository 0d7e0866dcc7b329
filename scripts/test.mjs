// `npm test`: builds, runs every package's fast tests, then the slow ones (whole datasets, real processes), and ends
// with the sum of all of them. `npm test -- --fast` leaves the slow ones out, `--long` adds those that take minutes each (attacks,
// conversions, faults), `--all` runs what Nx's cache already has as well, `--coverage` counts the lines that fast tests run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

const results = join(root, '.data', 'test-results');
const isFirst = !existsSync(results);
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

// Fast tests depend on sources, lock and Node alone: where none of them changed, Nx's cache has their results. In CI, the first time, and
// for tests of real processes, everything runs.
const countsLines = process.argv.includes('--coverage');
const runsAll = Boolean(process.env.CI) || isFirst || process.argv.includes('--all') || countsLines;
let status = 0;
/** Runs a command in the root, and remembers when it failed. */
function run(command, args) {
  const env = { ...process.env, NX_DAEMON: 'false' };
  const done = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0) status = 1;
}
const jest = (...args) => run(process.execPath, [join(root, 'scripts', 'jest.mjs'), ...args]);
// All packages in one run of Jest: it starts once instead of thirty times, and no core idles while a package's last file ends.
// Through Nx, two packages at a time, where only those run that something changed for.
if (runsAll) {
  run('nx', ['run-many', '-t', 'build', '--output-style=stream']);
  jest(...(countsLines ? ['--coverage'] : []));
} else run('nx', ['run-many', '-t', 'build', 'test', '--parallel=2', '--output-style=stream']);
if (!process.argv.includes('--fast')) jest('--slow', ...(process.argv.includes('--long') ? ['--long'] : []));

/** Files of a name below a folder. */
function filesNamed(folder, ...names) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && names.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Lines of the packages' own sources that their fast tests ran, of all. */
function coverageLine() {
  const path = join(root, '.data', 'coverage', 'coverage-summary.json');
  const { covered, total } = JSON.parse(readFileSync(path, 'utf8')).total.lines;
  return `coverage: ${((100 * covered) / total).toFixed(1)} % of ${total.toLocaleString('en')} lines by the packages' own fast tests; processes started by slow ones are not counted`;
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of filesNamed(results, 'test.json', 'test-slow.json')) {
  const result = JSON.parse(readFileSync(file, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  // A suite that does not load has no tests that could fail.
  for (const suite of result.testResults)
    if (suite.status === 'failed' && suite.assertionResults.length === 0) failed++;
}
// A build or a run that ended without an outcome: the line must not say that nothing failed.
if (failed === 0 && (status !== 0 || passed === 0)) failed = 1;
if (countsLines && failed === 0) console.log(coverageLine());
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(status !== 0 || failed > 0 ? 1 : 0);
