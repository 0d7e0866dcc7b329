import type { LazyCommand } from '@ciphernet/command-line';

/** The operator's commands. Each loads what it needs when it is asked for. */
export const OPERATOR_COMMANDS: readonly LazyCommand[] = [
  { path: ['dashboard'], load: async () => (await import('./commands/dashboard.js')).dashboardCommand() },
  { path: ['schedule'], load: async () => (await import('./commands/schedule.js')).scheduleCommand() },
];
