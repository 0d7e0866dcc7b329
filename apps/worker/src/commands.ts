import type { LazyCommand } from '@ciphernet/command-line';

/** Commands of compute and of the model's owner but `model`, which says where models are trained. Each loads what it needs when it is asked for. */
export const WORKER_COMMANDS: readonly LazyCommand[] = [
  { path: ['worker'], load: async () => (await import('./commands/worker.js')).workerCommand() },
  { path: ['infer'], load: async () => (await import('@ciphernet/compute-files')).inferCommand() },
  { path: ['model', 'compile'], load: async () => (await import('@ciphernet/compute-files')).compileCommand() },
  { path: ['check'], load: async () => (await import('./commands/check.js')).checkCommand() },
  { path: ['simulate'], load: async () => (await import('./commands/simulate.js')).simulateCommand() },
];
