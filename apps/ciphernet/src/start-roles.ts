import { startCollector } from '@ciphernet/collector';
import { InputError } from '@ciphernet/errors';
import { type WorkerRoles, startWorker } from '@ciphernet/worker';
import { type Session, passphraseFromEnvironment } from './session.js';

/** Worker and collector in this process; with `remote` they run elsewhere, and this process only enqueues and waits. */
export function startRoles(session: Session, roles: WorkerRoles, remote: boolean): void {
  const { backend, blobs, configuration } = session;
  if (remote) {
    if (backend.kind === 'redis') return;
    throw new InputError('workers elsewhere need a queue that processes can share', {
      where: '--remote',
      hint: 'set REDIS_URL=redis://host:6379, or leave --remote out',
    });
  }
  startWorker(backend, roles);
  startCollector(backend, blobs, configuration, passphraseFromEnvironment());
}
