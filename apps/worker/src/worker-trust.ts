import { join } from 'node:path';
import type { WorkerTrust } from '@ciphernet/attestation';
import type { Configuration } from '@ciphernet/configuration';
import { openIdentity } from '@ciphernet/identity';

/** Opened once a thread. */
let opened: Promise<WorkerTrust> | undefined;

/** The signing key of the workers of this data folder, made where there is none, and whose work they take for theirs. */
export function openWorkerTrust({
  dataFolder,
  acceptedWorkers,
}: Pick<Configuration, 'dataFolder' | 'acceptedWorkers'>): Promise<WorkerTrust> {
  opened ??= openIdentity(join(dataFolder, 'worker'), undefined).then((identity) => ({
    identity,
    accepted: acceptedWorkers,
  }));
  opened.catch(() => (opened = undefined));
  return opened;
}
