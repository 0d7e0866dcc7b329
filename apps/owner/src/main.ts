#!/usr/bin/env node
import { openSharedSession, runEntry } from '@ciphernet/command-line';
import { allowCommand } from './commands/allow.js';
import { collectorCommand } from './commands/collector.js';
import { compareCommand } from './commands/compare.js';
import { datasetCommand } from './commands/dataset.js';
import { enqueueCommand } from './commands/enqueue.js';
import { historyCommand } from './commands/history.js';
import { keysCommand } from './commands/keys.js';
import { outputsCommand } from './commands/outputs.js';
import { publishCommand } from './commands/publish.js';
import { quarantineCommand } from './commands/quarantine.js';
import { reportCommand } from './commands/report.js';
import { requestsCommand } from './commands/requests.js';
import { OWNER_ENVIRONMENT } from './environment.js';

/** The data owner's commands; workers run elsewhere. */
await runEntry({
  name: 'ciphernet-owner',
  description: 'keys, encryption, evaluation and reports of a data owner',
  commands: [
    keysCommand(),
    datasetCommand(),
    enqueueCommand({ open: () => openSharedSession('owner'), start: () => Promise.resolve(false) }),
    collectorCommand(),
    reportCommand(),
    compareCommand(),
    outputsCommand(),
    publishCommand(),
    quarantineCommand(),
    requestsCommand(),
    allowCommand(),
    historyCommand(),
  ],
  environment: OWNER_ENVIRONMENT,
});
