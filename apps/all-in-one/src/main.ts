#!/usr/bin/env node
import { openSession, runEntry } from '@ciphernet/command-line';
import { identityFingerprint } from '@ciphernet/identity';
import { OPERATOR_ENVIRONMENT, dashboardCommand, scheduleCommand } from '@ciphernet/operator';
import {
  OWNER_ENVIRONMENT,
  allowCommand,
  collectorCommand,
  compareCommand,
  datasetCommand,
  enqueueCommand,
  historyCommand,
  keysCommand,
  outputsCommand,
  publishCommand,
  quarantineCommand,
  reportCommand,
  requestsCommand,
} from '@ciphernet/owner';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import {
  checkCommand,
  modelCommand,
  openAuditor,
  simulateCommand,
  startWorker,
  workerCommand,
} from '@ciphernet/worker';
import { benchCommand } from './commands/bench.js';
import { curveCommand } from './commands/curve.js';
import { reproduceCommand } from './commands/reproduce.js';
import { runCommand } from './commands/run.js';
import { measuredAccuracies } from './measured.js';
import { startRoles } from './start-roles.js';

/** Every party's commands in one process, for development, demonstration and benchmarks. */
await runEntry({
  name: 'ciphernet',
  description: 'evaluate models on datasets that stay encrypted',
  commands: [
    runCommand(),
    keysCommand(),
    datasetCommand(),
    modelCommand({
      open: openSession,
      startTraining(session) {
        if (session.backend.kind === 'embedded')
          startWorker(session, { infer: 0, audit: 0, train: true, benchmark: false });
      },
      measured: measuredAccuracies,
    }),
    enqueueCommand({
      open: openSession,
      async auditors({ backend, configuration }) {
        if (backend.kind !== 'embedded') return [];
        return [identityFingerprint((await openAuditor(configuration)).publicKey)];
      },
      async start(session) {
        if (session.backend.kind !== 'embedded') return false;
        await startRoles(session, loadOwnerConfiguration(), {
          infer: session.configuration.cores,
          audit: 1,
          train: false,
        });
        return true;
      },
    }),
    workerCommand(),
    collectorCommand(),
    dashboardCommand(),
    reportCommand(),
    compareCommand(),
    outputsCommand(),
    publishCommand(),
    quarantineCommand(),
    requestsCommand(),
    allowCommand(),
    historyCommand(),
    curveCommand(),
    reproduceCommand(),
    scheduleCommand(),
    checkCommand(),
    simulateCommand(),
    benchCommand(),
  ],
  environment: [...OWNER_ENVIRONMENT, ...OPERATOR_ENVIRONMENT],
});
