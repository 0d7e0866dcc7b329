#!/usr/bin/env node
import { runEntry } from '@ciphernet/command-line';
import { OPERATOR_COMMANDS } from '@ciphernet/operator/commands';
import { OWNER_COMMANDS } from '@ciphernet/owner/commands';
import { WORKER_COMMANDS } from '@ciphernet/worker/commands';

/** Every party's commands in one process, for development, demonstration and benchmarks. */
await runEntry({
  name: 'ciphernet',
  description: 'evaluate models on datasets that stay encrypted',
  commands: [
    { path: ['run'], load: async () => (await import('./commands/run.js')).runCommand() },
    ...OWNER_COMMANDS,
    ...WORKER_COMMANDS,
    ...OPERATOR_COMMANDS,
    { path: ['dataset'], load: async () => (await import('./commands/dataset.js')).datasetCommandHere() },
    { path: ['model'], load: async () => (await import('./commands/roles.js')).modelCommandHere() },
    { path: ['enqueue'], load: async () => (await import('./commands/roles.js')).enqueueCommandHere() },
    { path: ['curve'], load: async () => (await import('./commands/curve.js')).curveCommand() },
    { path: ['reproduce'], load: async () => (await import('./commands/reproduce.js')).reproduceCommand() },
    { path: ['encoded'], load: async () => (await import('./commands/encoded.js')).encodedCommand() },
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
