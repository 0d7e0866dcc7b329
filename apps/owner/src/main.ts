#!/usr/bin/env node
import { openSharedSession, runEntry } from '@ciphernet/command-line';
import { OWNER_ENVIRONMENT } from './environment.js';

/** The data owner's commands; workers run elsewhere. */
await runEntry({
  name: 'ciphernet-owner',
  description: 'keys, encryption, evaluation and reports of a data owner',
  commands: [
    { path: ['keys', 'create'], load: async () => (await import('@ciphernet/client-files')).createKeysCommand() },
    { path: ['keys'], load: async () => (await import('./commands/keys.js')).keysCommand() },
    { path: ['encrypt'], load: async () => (await import('@ciphernet/client-files')).encryptCommand() },
    { path: ['decrypt'], load: async () => (await import('@ciphernet/client-files')).decryptCommand() },
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
    { path: ['collector'], load: async () => (await import('./commands/collector.js')).collectorCommand() },
    { path: ['report'], load: async () => (await import('./commands/report.js')).reportCommand() },
    { path: ['compare'], load: async () => (await import('./commands/compare.js')).compareCommand() },
    { path: ['outputs'], load: async () => (await import('./commands/outputs.js')).outputsCommand() },
    { path: ['publish'], load: async () => (await import('./commands/publish.js')).publishCommand() },
    { path: ['quarantine'], load: async () => (await import('./commands/quarantine.js')).quarantineCommand() },
    { path: ['requests'], load: async () => (await import('./commands/requests.js')).requestsCommand() },
    { path: ['allow'], load: async () => (await import('./commands/allow.js')).allowCommand() },
    { path: ['history'], load: async () => (await import('./commands/history.js')).historyCommand() },
  ],
  environment: () => OWNER_ENVIRONMENT,
});
