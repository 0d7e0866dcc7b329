import type { Table } from '@ciphernet/formats';
import { InputError } from '@ciphernet/foundation';
import { isMissing, nameOf, numberOf } from './cell.js';

/** Different values of a column that are told apart; classes, categories and parts have fewer. */
export const MOST_DISTINCT = 256;

/** What is in a column. */
export interface ColumnProfile {
  readonly name: string;
  /** Every value that is there is a number. */
  readonly isNumber: boolean;
  /** Every value that is there is a whole number. */
  readonly isWhole: boolean;
  readonly missing: number;
  /** Over the numbers; 0 where there are none. */
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly deviation: number;
  /** Different values by their names, numbers in their order and texts in that of code units; absent beyond {@link MOST_DISTINCT}. */
  readonly distinct?: readonly string[];
}

/** What is in a table. */
export interface TableProfile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}

/** One pass over a column's values; mean and variance by Welford (Technometrics 4, 1962). */
export class Running {
  private numbers = 0;
  private texts = 0;
  private whole = true;
  private missing = 0;
  private minimum = Infinity;
  private maximum = -Infinity;
  private mean = 0;
  private squares = 0;
  private readonly names = new Set<string>();

  constructor(private readonly name: string) {}

  add(cell: string | number): void {
    if (isMissing(cell)) {
      this.missing++;
      return;
    }
    if (this.names.size <= MOST_DISTINCT) this.names.add(nameOf(cell));
    const value = numberOf(cell);
    if (value === undefined) {
      this.texts++;
      return;
    }
    this.numbers++;
    this.whole &&= Number.isInteger(value);
    this.minimum = Math.min(this.minimum, value);
    this.maximum = Math.max(this.maximum, value);
    const before = value - this.mean;
    this.mean += before / this.numbers;
    this.squares += before * (value - this.mean);
  }

  profile(): ColumnProfile {
    const has = this.numbers > 0;
    const isNumber = has && this.texts === 0;
    const names = [...this.names];
    if (isNumber) names.sort((a, b) => Number(a) - Number(b));
    else names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return {
      name: this.name,
      isNumber,
      isWhole: isNumber && this.whole,
      missing: this.missing,
      minimum: has ? this.minimum : 0,
      maximum: has ? this.maximum : 0,
      mean: has ? this.mean : 0,
      deviation: has ? Math.sqrt(this.squares / this.numbers) : 0,
      ...(names.length <= MOST_DISTINCT ? { distinct: names } : {}),
    };
  }
}

/**
 * Looks at every row of a table once.
 *
 * @throws InputError for a table without rows, and what its reader throws
 */
export async function profileTable(table: Table): Promise<TableProfile> {
  const running = table.columns.map(({ name }) => new Running(name));
  let rows = 0;
  for await (const block of table.blocks()) {
    rows += block.count;
    running.forEach((column, c) => {
      const values = block.columns[c] ?? [];
      for (let i = 0; i < values.length; i++) column.add(values[i] ?? '');
    });
  }
  if (rows === 0)
    throw new InputError('the table has no rows', { where: table.path, hint: 'give at least one example' });
  return { rows, columns: running.map((column) => column.profile()) };
}
