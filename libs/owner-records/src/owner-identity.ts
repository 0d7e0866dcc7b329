import { type Identity, openIdentity } from '@ciphernet/identity';
import type { OwnerConfiguration } from './owner-configuration.js';

/** Where an owner's signing key is, and what opens it. */
export type IdentityLocation = Pick<OwnerConfiguration, 'keysFolder' | 'passphrase'>;

/** Opened once a process: under a passphrase that takes half a second. */
const opened = new Map<string, Promise<Identity>>();

/**
 * The owner's signing key, with which consents and publications are signed; made where there is none.
 *
 * @throws InputError when its file is damaged or readable by others, or the passphrase is wrong or missing
 */
export function openOwnerIdentity({ keysFolder, passphrase }: IdentityLocation): Promise<Identity> {
  const name = JSON.stringify([keysFolder, passphrase]);
  const known = opened.get(name);
  if (known !== undefined) return known;
  const identity = openIdentity(keysFolder, passphrase);
  opened.set(name, identity);
  identity.catch(() => opened.delete(name));
  return identity;
}
