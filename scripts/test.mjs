// `npm test`: builds, runs every package's fast tests, then the slow ones (whole datasets, real processes), and ends
// with the sum of all of them. `npm test -- --fast` leaves the slow ones out.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

const results = join(root, '.data', 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const targets = process.argv.includes('--fast') ? ['test'] : ['test', 'test-slow'];
let status = 0;
for (const target of targets) {
  // One package at a time: tests bring worker threads of their own, and two cores are soon full.
  const args = ['run-many', '-t', target, '--parallel=1', '--output-style=stream', '--skip-nx-cache'];
  const env = { ...process.env, NX_DAEMON: 'false' };
  const run = spawnSync('nx', args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.status !== 0) status = 1;
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of readdirSync(results)) {
  const result = JSON.parse(readFileSync(join(results, file), 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  // A suite that does not load has no tests that could fail.
  for (const suite of result.testResults)
    if (suite.status === 'failed' && suite.assertionResults.length === 0) failed++;
}
if (passed + failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(status !== 0 || failed > 0 ? 1 : 0);
