import type { LazyCommand } from '@ciphernet/command-line';

/** The data owner's commands but `dataset` and `enqueue`, which say what runs in their own process. Each loads what it needs when it is asked for. */
export const OWNER_COMMANDS: readonly LazyCommand[] = [
  { path: ['keys', 'create'], load: async () => (await import('@ciphernet/client-files')).createKeysCommand() },
  { path: ['keys'], load: async () => (await import('./commands/keys.js')).keysCommand() },
  { path: ['encrypt'], load: async () => (await import('@ciphernet/client-files')).encryptCommand() },
  { path: ['decrypt'], load: async () => (await import('@ciphernet/client-files')).decryptCommand() },
  { path: ['collector'], load: async () => (await import('./commands/collector.js')).collectorCommand() },
  { path: ['report'], load: async () => (await import('./commands/report.js')).reportCommand() },
  { path: ['compare'], load: async () => (await import('./commands/compare.js')).compareCommand() },
  { path: ['outputs'], load: async () => (await import('./commands/outputs.js')).outputsCommand() },
  { path: ['publish'], load: async () => (await import('./commands/publish.js')).publishCommand() },
  { path: ['quarantine'], load: async () => (await import('./commands/quarantine.js')).quarantineCommand() },
  { path: ['requests'], load: async () => (await import('./commands/requests.js')).requestsCommand() },
  { path: ['allow'], load: async () => (await import('./commands/allow.js')).allowCommand() },
  { path: ['history'], load: async () => (await import('./commands/history.js')).historyCommand() },
];
