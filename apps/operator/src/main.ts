#!/usr/bin/env node
import { runEntry } from '@ciphernet/command-line';
import { OPERATOR_COMMANDS } from './commands.js';
import { OPERATOR_ENVIRONMENT } from './environment.js';

/** The operator's commands: who runs queue and store sees no key, no label and no model weight. */
await runEntry({
  name: 'ciphernet-operator',
  description: 'dashboard and scheduled benchmarks',
  commands: OPERATOR_COMMANDS,
  environment: () => OPERATOR_ENVIRONMENT,
});
