import { InputError } from '@ciphernet/foundation';

/** Where a dashboard listens and what it lets people do. */
export interface DashboardSettings {
  readonly host: string;
  readonly port: number;
  /** Login is required when set; without one only this machine may connect. */
  readonly password: string | undefined;
  /** Nothing can be changed: no retry, no removal. Always so without a password: any user of this machine may connect. */
  readonly readOnly: boolean;
  /** A proxy in front ends TLS: its word on addresses is believed, and sessions travel over TLS only. */
  readonly behindTls?: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;
/** Shorter ones are guessed; nothing else here slows a guesser down for long. */
const LEAST_LENGTH = 10;

/** True for addresses and names of this machine that no other can reach. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** @throws InputError when others could reach a dashboard that asks for no password, or one that is easily guessed */
export function checkSettings(settings: DashboardSettings): DashboardSettings {
  const { host, password } = settings;
  if (password === undefined && !isLoopback(host)) {
    throw new InputError('refuses to listen beyond this machine without a password', {
      where: `host ${host}`,
      hint: 'set CIPHERNET_DASHBOARD_PASSWORD, or listen on loopback',
    });
  }
  if (password !== undefined && password.length < LEAST_LENGTH) {
    throw new InputError(`the password has fewer than ${LEAST_LENGTH} characters`, {
      where: 'CIPHERNET_DASHBOARD_PASSWORD',
      hint: 'openssl rand -base64 18 makes one',
    });
  }
  return Object.freeze({ ...settings, readOnly: settings.readOnly || password === undefined });
}
