import { Command, integerBetween, openSharedSession, untilStopped } from '@ciphernet/command-line';
import { createLog } from '@ciphernet/logging';

/** Where the dashboard listens unless told otherwise. */
export const DEFAULT_PORT = 3000;

/** The dashboard's password; from the environment only, since other users of the machine could read an option. */
export function dashboardPassword(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['CIPHERNET_DASHBOARD_PASSWORD'] || undefined;
}

async function dashboard(options: {
  port: number;
  host: string;
  readOnly: boolean;
  behindTls: boolean;
}): Promise<void> {
  await using session = await openSharedSession('dashboard');
  // A web server, its boards and figures: a fifth of what every command would load.
  const { startDashboard } = await import('@ciphernet/dashboard');
  const { backend, blobs, configuration, signal } = session;
  await using server = await startDashboard(backend, blobs, { ...options, password: dashboardPassword() });
  createLog('dashboard', { format: configuration.logFormat }).info(`dashboard on ${server.url}`, {
    readOnly: options.readOnly,
  });
  await untilStopped(signal);
}

/** `dashboard`. */
export function dashboardCommand(): Command {
  return new Command('dashboard')
    .description('watch queues, evaluations, workers and what is published in a browser, until stopped (Redis)')
    .option('--port <n>', 'port', integerBetween(0, 65_535), DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; others than loopback need a password', '127.0.0.1')
    .option('--read-only', 'nothing can be retried or removed; always so without a password', false)
    .option(
      '--behind-tls',
      'one proxy in front ends TLS: believe its X-Forwarded headers, send cookies over TLS only',
      false,
    )
    .addHelpText(
      'after',
      '\nCIPHERNET_DASHBOARD_PASSWORD sets the password that is asked for.\n\nExamples:\n  REDIS_URL=redis://queue:6379 ciphernet dashboard\n  CIPHERNET_DASHBOARD_PASSWORD=… ciphernet dashboard --host 0.0.0.0 --read-only\n  npm start -- --dashboard              # without Redis: beside the run itself',
    )
    .action(dashboard);
}
