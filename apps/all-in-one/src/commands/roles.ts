import { type Command, openSession } from '@ciphernet/command-line';
import { identityFingerprint } from '@ciphernet/identity';
import { enqueueCommand } from '@ciphernet/owner';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { modelCommand, openAuditor } from '@ciphernet/worker';
import { measuredAccuracies } from '../measured.js';
import { startRoles } from '../start-roles.js';
import { trainHere } from '../train-here.js';

/** `model …` of a process that trains by itself where the queue is its own. */
export function modelCommandHere(): Promise<Command> {
  return modelCommand({
    open: openSession,
    startTraining: trainHere,
    measured: measuredAccuracies,
  });
}

/** `enqueue` of a process that evaluates and audits by itself where the queue is its own. */
export function enqueueCommandHere(): Command {
  return enqueueCommand({
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
  });
}
