#!/usr/bin/env node
import { openSharedSession, runEntry } from '@ciphernet/command-line';
import { OWNER_COMMANDS } from './commands.js';
import { OWNER_ENVIRONMENT } from './environment.js';

/** The data owner's commands; workers run elsewhere. */
await runEntry({
  name: 'ciphernet-owner',
  description: 'keys, encryption, evaluation and reports of a data owner',
  commands: [
    ...OWNER_COMMANDS,
    {
      path: ['dataset'],
      async load() {
        const { datasetCommand } = await import('./commands/dataset.js');
        return datasetCommand({ open: () => openSharedSession('owner'), startTraining: () => undefined });
      },
    },
    {
      path: ['enqueue'],
      async load() {
        const { enqueueCommand } = await import('./commands/enqueue.js');
        return enqueueCommand({ open: () => openSharedSession('owner'), start: () => Promise.resolve(false) });
      },
    },
  ],
  environment: () => OWNER_ENVIRONMENT,
});
