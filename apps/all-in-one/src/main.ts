#!/usr/bin/env node
import { type LazyCommand, runEntry } from '@ciphernet/command-line';

/** Commands of the data owner's steps on files: they load nothing else of the owner's. */
const clientFiles: readonly LazyCommand[] = [
  { path: ['keys', 'create'], load: async () => (await import('@ciphernet/client-files')).createKeysCommand() },
  { path: ['encrypt'], load: async () => (await import('@ciphernet/client-files')).encryptCommand() },
  { path: ['decrypt'], load: async () => (await import('@ciphernet/client-files')).decryptCommand() },
];

/** Commands of compute's. */
const computeFiles: readonly LazyCommand[] = [
  { path: ['model', 'compile'], load: async () => (await import('@ciphernet/compute-files')).compileCommand() },
  { path: ['infer'], load: async () => (await import('@ciphernet/compute-files')).inferCommand() },
];

/** Every party's commands in one process, for development, demonstration and benchmarks. */
await runEntry({
  name: 'ciphernet',
  description: 'evaluate models on datasets that stay encrypted',
  commands: [
    { path: ['run'], load: async () => (await import('./commands/run.js')).runCommand() },
    ...clientFiles,
    ...computeFiles,
    { path: ['keys'], load: async () => (await import('@ciphernet/owner')).keysCommand() },
    { path: ['dataset'], load: async () => (await import('./commands/dataset.js')).datasetCommandHere() },
    { path: ['model'], load: async () => (await import('./commands/roles.js')).modelCommandHere() },
    { path: ['enqueue'], load: async () => (await import('./commands/roles.js')).enqueueCommandHere() },
    { path: ['worker'], load: async () => (await import('@ciphernet/worker')).workerCommand() },
    { path: ['collector'], load: async () => (await import('@ciphernet/owner')).collectorCommand() },
    { path: ['dashboard'], load: async () => (await import('@ciphernet/operator')).dashboardCommand() },
    { path: ['report'], load: async () => (await import('@ciphernet/owner')).reportCommand() },
    { path: ['compare'], load: async () => (await import('@ciphernet/owner')).compareCommand() },
    { path: ['outputs'], load: async () => (await import('@ciphernet/owner')).outputsCommand() },
    { path: ['publish'], load: async () => (await import('@ciphernet/owner')).publishCommand() },
    { path: ['quarantine'], load: async () => (await import('@ciphernet/owner')).quarantineCommand() },
    { path: ['requests'], load: async () => (await import('@ciphernet/owner')).requestsCommand() },
    { path: ['allow'], load: async () => (await import('@ciphernet/owner')).allowCommand() },
    { path: ['history'], load: async () => (await import('@ciphernet/owner')).historyCommand() },
    { path: ['curve'], load: async () => (await import('./commands/curve.js')).curveCommand() },
    { path: ['reproduce'], load: async () => (await import('./commands/reproduce.js')).reproduceCommand() },
    { path: ['encoded'], load: async () => (await import('./commands/encoded.js')).encodedCommand() },
    { path: ['schedule'], load: async () => (await import('@ciphernet/operator')).scheduleCommand() },
    { path: ['check'], load: async () => (await import('@ciphernet/worker')).checkCommand() },
    { path: ['simulate'], load: async () => (await import('@ciphernet/worker')).simulateCommand() },
    { path: ['bench'], load: async () => (await import('./commands/bench.js')).benchCommand() },
  ],
  async environment() {
    const [{ OWNER_ENVIRONMENT }, { OPERATOR_ENVIRONMENT }] = await Promise.all([
      import('@ciphernet/owner'),
      import('@ciphernet/operator'),
    ]);
    return [...OWNER_ENVIRONMENT, ...OPERATOR_ENVIRONMENT];
  },
});
