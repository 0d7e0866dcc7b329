#!/usr/bin/env node
import { openSharedSession, runEntry } from '@ciphernet/command-line';
import { WORKER_COMMANDS } from './commands.js';

/** Commands of compute and of the model's owner: nothing here can make, read or use a key. */
await runEntry({
  name: 'ciphernet-worker',
  description: 'workers, and the models that they evaluate',
  commands: [
    ...WORKER_COMMANDS,
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
  ],
});
