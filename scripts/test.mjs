// `npm test`: builds, runs every package's fast tests, then the slow ones (whole datasets, real processes), and ends
// with the sum of all of them. `npm test -- --fast` leaves the slow ones out, `--all` runs
// what Nx's cache already has as well.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

const results = join(root, '.data', 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

// Fast tests depend on sources, lock and Node alone: where none of them changed, Nx's cache has their results. In CI, and
// for tests of real processes, everything runs.
const skipsCache = Boolean(process.env.CI) || process.argv.includes('--all');
let status = 0;
/** Runs a command in the root, and remembers when it failed. */
function run(command, args) {
  const env = { ...process.env, NX_DAEMON: 'false' };
  const done = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0) status = 1;
}
// Fast tests of two packages at a time.
const fast = ['run-many', '-t', 'build', 'test', '--parallel=2', '--output-style=stream'];
run('nx', skipsCache ? [...fast, '--skip-nx-cache'] : fast);
// Slow ones of all packages in one run of Jest: no core idles while one package's last file ends.
if (!process.argv.includes('--fast')) run(process.execPath, [join(root, 'scripts', 'jest.mjs'), '--slow']);

/** Files of a name below a folder. */
function filesNamed(folder, ...names) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && names.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Lines of the packages' own sources that their fast tests ran, of all. */
function coverageLine() {
  const folder = join(root, '.data', 'coverage');
  let covered = 0;
  let total = 0;
  for (const path of filesNamed(folder, 'coverage-summary.json')) {
    const { lines } = JSON.parse(readFileSync(path, 'utf8')).total;
    covered += lines.covered;
    total += lines.total;
  }
  const share = total === 0 ? '–' : ((100 * covered) / total).toFixed(1);
  return `coverage: ${share} % of ${total.toLocaleString('en')} lines by the packages' own fast tests; processes started by slow ones are not counted`;
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
if (passed + failed === 0) failed = 1;
console.log(coverageLine());
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(status !== 0 || failed > 0 ? 1 : 0);
