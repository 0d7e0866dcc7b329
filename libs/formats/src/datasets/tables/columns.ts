import { InputError, printable } from '@ciphernet/foundation';

/** More columns than any table of measurements has; 256×256 pixels. */
export const MAX_COLUMNS = 65_536;
/** Characters of a column's name. */
const MAX_NAME = 1024;

/**
 * Checks the names of a table's columns.
 *
 * @throws InputError for none or more than 65,536, a name twice, a name of more than 1024 characters or with control characters
 */
export function requireColumnNames(names: readonly string[], where: string): void {
  if (names.length === 0) throw new InputError('the table has no columns', { where, hint: 'write it again' });
  if (names.length > MAX_COLUMNS) {
    throw new InputError(`${names.length} columns; at most ${MAX_COLUMNS} are read`, {
      where,
      hint: 'split the table',
    });
  }
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    const column = `the name of column ${i + 1}`;
    if (name === '' || name.length > MAX_NAME) {
      throw new InputError(`${column} has ${name.length} characters, it needs 1 to ${MAX_NAME}`, {
        where,
        hint: 'give each column a short name; a first line of data instead of names has to be declared',
      });
    }
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f-\u009f]/.test(name) || printable(name) !== name) {
      throw new InputError(`${column} holds a control character`, { where, hint: 'rename the column' });
    }
    if (seen.has(name)) {
      throw new InputError(`two columns are named ${JSON.stringify(name)}`, {
        where,
        hint: 'rename one; a first line of data instead of names has to be declared',
      });
    }
    seen.add(name);
  }
}

/**
 * The positions of the columns that were asked for.
 *
 * @param select names, each once; every column unless given
 * @throws InputError for a name that is not there, twice or none at all
 */
export function selectedColumns(
  names: readonly string[],
  select: readonly string[] | undefined,
  where: string,
): readonly number[] {
  if (select === undefined) return names.map((_, i) => i);
  if (select.length === 0) throw new InputError('no column is selected', { where, hint: 'select at least one' });
  const positions = new Map(names.map((name, i) => [name, i]));
  const chosen = new Set<number>();
  for (const name of select) {
    const position = positions.get(name);
    if (position === undefined) {
      const some = names.slice(0, 10).join(', ');
      throw new InputError(`there is no column ${JSON.stringify(name)}`, {
        where,
        hint: `its columns are ${some}${names.length > 10 ? `, and ${names.length - 10} more` : ''}`,
      });
    }
    if (chosen.has(position)) {
      throw new InputError(`column ${JSON.stringify(name)} is selected twice`, { where, hint: 'name it once' });
    }
    chosen.add(position);
  }
  return [...chosen];
}

/** Names for columns that have none: x0, x1, … */
export function numberedNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `x${i}`);
}
