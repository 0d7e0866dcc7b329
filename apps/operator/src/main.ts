#!/usr/bin/env node
import { runEntry } from '@ciphernet/command-line';
import { OPERATOR_ENVIRONMENT } from './environment.js';

/** The operator's commands: who runs queue and store sees no key, no label and no model weight. */
await runEntry({
  name: 'ciphernet-operator',
  description: 'dashboard and scheduled benchmarks',
  commands: [
    { path: ['dashboard'], load: async () => (await import('./commands/dashboard.js')).dashboardCommand() },
    { path: ['schedule'], load: async () => (await import('./commands/schedule.js')).scheduleCommand() },
  ],
  environment: () => OPERATOR_ENVIRONMENT,
});
