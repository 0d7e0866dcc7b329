#!/usr/bin/env node
import { runEntry } from '@ciphernet/command-line';
import { dashboardCommand } from './commands/dashboard.js';
import { scheduleCommand } from './commands/schedule.js';
import { OPERATOR_ENVIRONMENT } from './environment.js';

/** The operator's commands: who runs queue and store sees no key, no label and no model weight. */
await runEntry({
  name: 'ciphernet-operator',
  description: 'dashboard and scheduled benchmarks',
  commands: [dashboardCommand(), scheduleCommand()],
  environment: OPERATOR_ENVIRONMENT,
});
