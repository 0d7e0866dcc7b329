import { type CollectorTools, startCollector } from '@ciphernet/collector';
import type { Session } from '@ciphernet/command-line';
import { chooseEngine, thisMachine } from '@ciphernet/engines';
import { InputError } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import type { OwnerConfiguration } from '@ciphernet/owner-records';
import { prepareCharts } from '@ciphernet/report-view';
import { type WorkerRoles, openAuditor, startWorker } from '@ciphernet/worker';

/** When charts are loaded ahead: behind what is to be there sooner, which takes half a second a sandbox. */
const CHARTS_AFTER_MS = 3000;

/** Worker and collector in this process. @param onProgress of decrypting and comparing */
export async function startRoles(
  session: Session,
  owner: OwnerConfiguration,
  roles: Omit<WorkerRoles, 'benchmark'>,
  onProgress?: NonNullable<CollectorTools['onProgress']>,
): Promise<void> {
  const { backend, blobs } = session;
  // One process, one owner of everything: its own audits are believed.
  const { publicKey } = await openAuditor(session.configuration);
  const auditor = identityFingerprint(publicKey);
  const engine = roles.infer > 0 ? await chooseEngine('auto', thisMachine(roles.infer)) : undefined;
  startWorker(session, { ...roles, auditor, benchmark: false, ...(engine === undefined ? {} : { engine }) });
  if (roles.ahead === true) setTimeout(prepareCharts, CHARTS_AFTER_MS).unref();
  startCollector({
    backend,
    blobs,
    configuration: owner,
    auditors: [auditor],
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** @throws InputError unless workers elsewhere can reach the queue */
export function requireSharedQueue({ backend }: Session): void {
  if (backend.kind === 'redis') return;
  throw new InputError('workers elsewhere need a queue that processes can share', {
    where: '--remote',
    hint: 'set REDIS_URL=redis://host:6379, or leave --remote out',
  });
}
