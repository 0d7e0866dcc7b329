import { elementAt } from '@ciphernet/foundation';

/** A share as per cent with two decimals; `not compared` where there is none. */
export function percent(value: number | undefined): string {
  return value === undefined ? 'not compared' : `${(100 * value).toFixed(2)} %`;
}

/** 1.2 kB, 3.4 MB, … in powers of 1000. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${elementAt(units, unit)}`;
}
