/** What a column of a table holds. CSV says nothing of types: its columns are text, and what they mean is the caller's to say. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'number' | 'text';
}

/** Rows that follow one another. */
export interface TableBlock {
  /** The first row, counted from 0 among the file's data. */
  readonly first: number;
  /** How many rows; each of `columns` has this length. */
  readonly count: number;
  /** In the order of the table's columns: numbers where a missing value is NaN, or texts where it is ''. */
  readonly columns: readonly (Float64Array | readonly string[])[];
}

/** A table in a file, read block by block. */
export interface Table {
  readonly format: 'csv' | 'tsv' | 'parquet' | 'npy' | 'npz';
  readonly path: string;
  readonly columns: readonly TableColumn[];
  /** How many rows, where the file says so before they are read. It is what a file claims: do not reserve memory by it alone. */
  readonly rows?: number;
  /** A pass over the rows, in memory for one block; each call begins anew. @throws InputError at the first damaged row */
  blocks(): AsyncIterable<TableBlock>;
  /** How messages name a row of the data, counted from 0: "line 17" of a text file that was read so far, or "row 12" counted from 1. */
  rowName(index: number): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a table is read. */
export interface TableOptions {
  /** Names of the columns to read, in the order in which they are wanted; all in the file's order unless given. */
  readonly select?: readonly string[];
  /** Whether the first line of CSV holds names, true unless given; without them columns are x0, x1, … Other formats ignore it. */
  readonly header?: boolean;
}

/** Rows in a block. */
const BLOCK_ROWS = 8192;
/** Values in a block: bounds what wide tables take, 8192 rows of 512 columns. */
const BLOCK_VALUES = 2 ** 22;

/** How many rows of so many values make a block: 8,192, and fewer of wide tables. */
export function blockRows(width: number): number {
  return Math.max(1, Math.min(BLOCK_ROWS, Math.floor(BLOCK_VALUES / width)));
}
