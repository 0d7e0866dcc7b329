/** On which line of a file a row of its data begins. */
export interface LineNumbers {
  /** Notes the line of the next row. Rows that were noted before, in an earlier pass, change nothing. */
  note(row: number, line: number): void;
  /** The line, counted from 1; undefined for a row that was not noted. */
  lineOf(row: number): number | undefined;
}

/** Rows that may lie further from the row before than one line. Lines of rows beyond are not known; 1.6 MB. */
const MAX_JUMPS = 100_000;

/** Keeps only the rows at which the distance between row and line changes: one, in a file of one line a record. */
export function lineNumbers(): LineNumbers {
  const rows: number[] = [];
  const distances: number[] = [];
  let known = 0;
  return {
    note(row, line) {
      if (row !== known) return;
      if (distances.at(-1) !== line - row) {
        if (rows.length === MAX_JUMPS) return;
        rows.push(row);
        distances.push(line - row);
      }
      known++;
    },
    lineOf(row) {
      if (row >= known) return undefined;
      let low = 0;
      let high = rows.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (rows[middle]! <= row) low = middle;
        else high = middle - 1;
      }
      return row + distances[low]!;
    },
  };
}
