// One configuration for every package: `jest --config ../../jest.config.mjs --rootDir .`
// TIERS=slow runs test/*.slow.test.ts, whole datasets and real processes; TIERS=long test/*.long.test.ts, what takes minutes each: attacks,
// conversions, faults; TIERS=slow,long both; otherwise everything else runs.
import { join, relative } from 'node:path';
import { root } from './scripts/packages.mjs';

const tiers = (process.env.TIERS ?? '').split(',').filter((tier) => tier !== '');
const slow = tiers.length > 0;
/** Jest runs in the package's folder. */
const project = relative(root, process.cwd());
const GROUPS = ['libs', 'apps', 'attacks', 'examples'];
export default {
  testEnvironment: join(root, 'scripts', 'test-environment.mjs'),
  // In the root the packages' folders, and not what else lies there.
  roots: project === '' ? GROUPS.map((folder) => join(root, folder)) : [process.cwd()],
  ...(project === '' ? { testSequencer: join(root, 'scripts', 'sequencer.mjs') } : {}),
  testMatch: slow ? tiers.map((tier) => `**/test/**/*.${tier}.test.ts`) : ['**/test/**/*.test.ts'],
  testPathIgnorePatterns: slow ? ['/node_modules/'] : ['/node_modules/', '\\.(slow|long)\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testTimeout: slow ? 600_000 : 60_000,
  reporters: ['default'],
  // With `--coverage`, of the packages' own sources by their fast tests: counting lines takes a quarter more time.
  coverageProvider: 'v8',
  collectCoverageFrom:
    project === '' ? ['{libs,apps}/*/src/**/*.ts', '!**/src/main.ts'] : ['src/**/*.ts', '!src/main.ts'],
  coverageReporters: ['json-summary'],
  coverageDirectory: join(root, '.data', 'coverage', project),
};
