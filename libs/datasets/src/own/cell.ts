/** Texts that stand for a value that is not there. */
const MISSING: ReadonlySet<string> = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None', '?']);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

/** True for a text, or a number, that stands for no value. */
export function isMissing(cell: string | number): boolean {
  return typeof cell === 'number' ? Number.isNaN(cell) : MISSING.has(cell);
}

/** A finite decimal number; undefined for anything else. */
export function numberOf(cell: string | number): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  const text = cell.trim();
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A value as a name: numbers in their shortest form, so that 1, 1.0 and 1e0 are one. */
export function nameOf(cell: string | number): string {
  const value = numberOf(cell);
  return value === undefined ? String(cell).trim() : String(value);
}
