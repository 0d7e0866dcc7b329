import { startCollector } from '@ciphernet/collector';
import { Command, openSharedSession, untilStopped } from '@ciphernet/command-line';
import { createLog, onJobs } from '@ciphernet/logging';
import { loadOwnerConfiguration, openOwnerIdentity } from '@ciphernet/owner-records';

/** `collector`. */
export function collectorCommand(): Command {
  return new Command('collector')
    .description('decrypt results and write reports until stopped; runs where the keys are')
    .addHelpText('after', '\nExamples:\n  REDIS_URL=redis://queue:6379 CIPHERNET_PASSPHRASE=… ciphernet collector')
    .action(async () => {
      const configuration = loadOwnerConfiguration();
      await using session = await openSharedSession('collector');
      const { backend, blobs } = session;
      // Consents count with its signature. A passphrase that is missing is said now, not by every evaluation's refusal.
      await openOwnerIdentity(configuration);
      const log = createLog('collector', { format: configuration.logFormat });
      onJobs(log, startCollector({ backend, blobs, configuration }));
      log.info(`collector on ${backend.description}, reports in ${configuration.reportsFolder}`);
      await untilStopped(session.signal);
    });
}
