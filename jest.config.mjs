// One configuration for every package: `jest --config ../../jest.config.mjs --rootDir .`
// SLOW=1 runs test/*.slow.test.ts, the whole-dataset and real-process tests; otherwise everything else.
import { join, relative } from 'node:path';
import { root } from './scripts/packages.mjs';

const slow = process.env.SLOW === '1';
/** Jest runs in the package's folder. */
const project = relative(root, process.cwd());
const GROUPS = ['libs', 'apps', 'attacks', 'examples'];
export default {
  testEnvironment: join(root, 'scripts', 'test-environment.mjs'),
  // In the root the packages' folders, and not what else lies there.
  roots: project === '' ? GROUPS.map((folder) => join(root, folder)) : [process.cwd()],
  ...(project === '' ? { testSequencer: join(root, 'scripts', 'sequencer.mjs') } : {}),
  testMatch: [slow ? '**/test/**/*.slow.test.ts' : '**/test/**/*.test.ts'],
  testPathIgnorePatterns: slow ? ['/node_modules/'] : ['/node_modules/', '\\.slow\\.test\\.ts$'],
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
