#!/usr/bin/env node
import { openSharedSession, runEntry } from '@ciphernet/command-line';

/** Commands of compute and of the model's owner: nothing here can make, read or use a key. */
await runEntry({
  name: 'ciphernet-worker',
  description: 'workers, and the models that they evaluate',
  commands: [
    { path: ['worker'], load: async () => (await import('./commands/worker.js')).workerCommand() },
    { path: ['infer'], load: async () => (await import('@ciphernet/compute-files')).inferCommand() },
    { path: ['model', 'compile'], load: async () => (await import('@ciphernet/compute-files')).compileCommand() },
    {
      path: ['model'],
      async load() {
        const { modelCommand } = await import('./commands/model.js');
        return modelCommand({
          open: () => openSharedSession('model owner'),
          startTraining: () => undefined,
          measured: () => Promise.resolve(() => undefined),
        });
      },
    },
    { path: ['check'], load: async () => (await import('./commands/check.js')).checkCommand() },
    { path: ['simulate'], load: async () => (await import('./commands/simulate.js')).simulateCommand() },
  ],
});
