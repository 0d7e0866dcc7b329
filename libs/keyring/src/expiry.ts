/** Days that keys are used for, unless something else is asked for. */
export const DEFAULT_DAYS = 365;

const DAY_MS = 86_400_000;

/** The time in so many days. */
export function expiryIn(days: number, now = Date.now()): Date {
  return new Date(now + days * DAY_MS);
}
