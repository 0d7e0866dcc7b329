// Runs the tests of the package in whose folder it is called: `node ../../scripts/jest.mjs [--slow] [--long] [jest options]`. Called
// in the root, runs those of all packages. There two files run at a time on two cores, and of slow and long ones three: they wait for
// processes a third of their time.
// Leaves the outcome in .data/test-results, where `npm test` adds the packages up.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { root } from './packages.mjs';
import { softwareGpu } from './software-gpu.mjs';

const TIERS = ['--slow', '--long'];
/** `slow`, `long` or both, and neither for the fast ones. */
const tiers = TIERS.filter((tier) => process.argv.includes(tier)).map((tier) => tier.slice(2));
const isSlow = tiers.length > 0;
const rest = process.argv.slice(2).filter((argument) => !TIERS.includes(argument));
const project = relative(root, process.cwd());
const outcome = join(root, '.data', 'test-results', project, isSlow ? 'test-slow.json' : 'test.json');
mkdirSync(dirname(outcome), { recursive: true });
// Jest itself would leave a core to itself.
const workers = isSlow ? 3 : project === '' ? availableParallelism() : undefined;
const args = [
  ...['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules', 'jest', 'bin', 'jest.js')],
  ...['--config', join(root, 'jest.config.mjs'), '--rootDir', '.', '--json', '--outputFile', outcome],
  ...(workers === undefined ? [] : [`--maxWorkers=${workers}`]),
  ...rest,
];
const { status } = spawnSync(process.execPath, args, {
  // `--json` also prints to standard output, where people read; what they need is on standard error.
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, ...softwareGpu(process.env), TIERS: tiers.join() },
});
process.exit(status ?? 1);
