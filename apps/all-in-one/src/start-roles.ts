import { type CollectorTools, startCollector } from '@ciphernet/collector';
import type { Session } from '@ciphernet/command-line';
import { chooseEngine, thisMachine } from '@ciphernet/engines';
import { InputError } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import type { OwnerConfiguration } from '@ciphernet/owner-records';
import { prepareCharts } from '@ciphernet/report-view';
import { type WorkerRoles, openAuditor, startWorker } from '@ciphernet/worker';

/** Loads what evaluating waits for otherwise. @param shards that will be evaluated, as far as is known */
export type Prepare = (shards: number) => Promise<void>;

/**
 * Worker and collector in this process.
 *
 * @param onProgress of decrypting and comparing
 * @returns loads what the stages of an evaluation would each wait for otherwise: for when there is a core to spare. Never rejects
 */
export async function startRoles(
  session: Session,
  owner: OwnerConfiguration,
  roles: Omit<WorkerRoles, 'benchmark'>,
  onProgress?: NonNullable<CollectorTools['onProgress']>,
): Promise<Prepare> {
  const { backend, blobs } = session;
  // One process, one owner of everything: its own audits are believed.
  const { publicKey } = await openAuditor(session.configuration);
  const auditor = identityFingerprint(publicKey);
  const engine = roles.infer > 0 ? await chooseEngine('auto', thisMachine(roles.infer)) : undefined;
  const { startSandboxes } = startWorker(session, {
    ...roles,
    auditor,
    benchmark: false,
    ...(engine === undefined ? {} : { engine }),
  });
  startCollector({
    backend,
    blobs,
    configuration: owner,
    auditors: [auditor],
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return async (shards) => {
    await startSandboxes(shards);
    prepareCharts();
  };
}

/** @throws InputError unless workers elsewhere can reach the queue */
export function requireSharedQueue({ backend }: Session): void {
  if (backend.kind === 'redis') return;
  throw new InputError('workers elsewhere need a queue that processes can share', {
    where: '--remote',
    hint: 'set REDIS_URL=redis://host:6379, or leave --remote out',
  });
}
