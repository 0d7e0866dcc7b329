import { startCollector } from '@ciphernet/collector';
import type { Configuration } from '@ciphernet/configuration';
import { InputError } from '@ciphernet/errors';
import { type WorkerRoles, startWorker } from '@ciphernet/worker';
import { type Session, passphraseFromEnvironment } from './session.js';

/** Names a worker in results and on the dashboard. */
export function workerName(configuration: Configuration): string {
  return `${configuration.host}:${process.pid}`;
}

/** Worker and collector in this process; with `remote` they run elsewhere, and this process only enqueues and waits. */
export function startRoles(session: Session, roles: Omit<WorkerRoles, 'benchmark'>, remote: boolean): void {
  const { backend, blobs, configuration } = session;
  if (remote) {
    if (backend.kind === 'redis') return;
    throw new InputError('workers elsewhere need a queue that processes can share', {
      where: '--remote',
      hint: 'set REDIS_URL=redis://host:6379, or leave --remote out',
    });
  }
  startWorker(backend, blobs, workerName(configuration), { ...roles, benchmark: false });
  startCollector(backend, blobs, configuration, passphraseFromEnvironment());
}
