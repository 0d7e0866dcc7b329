// Runs the tests of the package in whose folder it is called: `node ../../scripts/jest.mjs [--slow] [jest options]`. Called in
// the root, runs those of all packages: `node scripts/jest.mjs --slow`. Slow files run three at a time on two cores: they wait
// for processes a third of their time.
// Leaves the outcome in .data/test-results, where `npm test` adds the packages up.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './packages.mjs';

const isSlow = process.argv.includes('--slow');
const rest = process.argv.slice(2).filter((argument) => argument !== '--slow');
const outcome = join(
  root,
  '.data',
  'test-results',
  relative(root, process.cwd()),
  isSlow ? 'test-slow.json' : 'test.json',
);
mkdirSync(dirname(outcome), { recursive: true });
const args = [
  ...['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules', 'jest', 'bin', 'jest.js')],
  ...['--config', join(root, 'jest.config.mjs'), '--rootDir', '.', '--json', '--outputFile', outcome],
  ...(isSlow ? ['--maxWorkers=3'] : []),
  ...rest,
];
const { status } = spawnSync(process.execPath, args, {
  // `--json` also prints to standard output, where people read; what they need is on standard error.
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, SLOW: isSlow ? '1' : '' },
});
process.exit(status ?? 1);
