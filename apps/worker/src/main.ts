#!/usr/bin/env node
import { openSharedSession, runEntry } from '@ciphernet/command-line';
import { modelCommand } from './commands/model.js';
import { checkCommand } from './commands/check.js';
import { simulateCommand } from './commands/simulate.js';
import { workerCommand } from './commands/worker.js';

/** Commands of compute and of the model's owner: nothing here can make, read or use a key. */
await runEntry({
  name: 'ciphernet-worker',
  description: 'workers, and the models that they evaluate',
  commands: [
    workerCommand(),
    modelCommand({
      open: () => openSharedSession('model owner'),
      startTraining: () => undefined,
      measured: () => Promise.resolve(() => undefined),
    }),
    checkCommand(),
    simulateCommand(),
  ],
});
