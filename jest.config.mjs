// One configuration for every package: `jest --config ../../jest.config.mjs --rootDir .`
// SLOW=1 runs test/*.slow.test.ts, the whole-dataset and real-process tests; otherwise everything else.
import { join, relative } from 'node:path';
import { root } from './scripts/packages.mjs';

const slow = process.env.SLOW === '1';
/** Jest runs in the package's folder. */
const project = relative(root, process.cwd());
export default {
  testEnvironment: 'node',
  // In the root the packages' folders, and not what else lies there.
  roots: project === '' ? ['libs', 'apps', 'attacks'].map((folder) => join(root, folder)) : [process.cwd()],
  ...(slow ? { testSequencer: join(root, 'scripts', 'slow-sequencer.mjs') } : {}),
  testMatch: slow ? ['**/test/**/*.slow.test.ts'] : ['<rootDir>/test/**/*.test.ts'],
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
  // Of the package's own sources by its fast tests; `npm test` adds the packages up.
  collectCoverage: !slow,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/main.ts'],
  coverageReporters: ['json-summary'],
  coverageDirectory: join(root, '.data', 'coverage', project),
};
