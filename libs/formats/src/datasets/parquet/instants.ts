import { Unreadable } from './damage.js';

/** Days from the epoch that Date can hold (ECMA-262, 21.4.1.1). */
const MAX_DAYS = 100_000_000;

/** `2024-01-31`, from days since 1 January 1970. */
export function dateText(days: number): string {
  return isoText(days * 86_400).slice(0, -'T00:00:00'.length);
}

/** `2024-01-31T12:00:00.25Z`, from units of 10^-digits s since 1 January 1970; without Z where the zone is not said. */
export function timestampText(units: bigint, digits: number, utc: boolean): string {
  const { seconds, fraction } = split(units, digits);
  return isoText(Number(seconds)) + fraction + (utc ? 'Z' : '');
}

/** `12:00:00.25`, from units of 10^-digits s since midnight. */
export function timeText(units: bigint, digits: number): string {
  const { seconds, fraction } = split(units, digits);
  if (seconds < 0n || seconds >= 86_400n) throw new Unreadable('a time outside the day');
  return isoText(Number(seconds)).slice('1970-01-01T'.length) + fraction;
}

/** `123e4567-e89b-12d3-a456-426614174000`, from 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Seconds, rounded down, and the rest as decimal digits without zeros at the end. */
function split(units: bigint, digits: number): { seconds: bigint; fraction: string } {
  const unit = 10n ** BigInt(digits);
  const rest = ((units % unit) + unit) % unit;
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(digits, '0').replace(/0+$/, '')}`;
  return { seconds: (units - rest) / unit, fraction };
}

function isoText(seconds: number): string {
  if (Math.abs(seconds) > MAX_DAYS * 86_400) throw new Unreadable('an instant outside the years that are read');
  return new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
}
