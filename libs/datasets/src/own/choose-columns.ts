import { InputError } from '@ciphernet/foundation';
import type { ColumnProfile, TableProfile } from './profile.js';

/** What a person says of a table's columns. */
export interface ColumnChoice {
  /** Columns of the targets; guessed where nothing is said, none where the list is empty. */
  readonly label?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly slice?: string | undefined;
}

/** Columns by what they are. */
export interface ChosenColumns {
  readonly label: readonly string[];
  readonly features: readonly ColumnProfile[];
  /** What was guessed, a sentence each. */
  readonly guesses: readonly string[];
}

/** Names that label columns have where nobody says which it is. */
const LABELS = ['label', 'target', 'class', 'y', 'outcome'];
const IDENTIFIER = /^(id|uuid|guid|index|row|unnamed: 0|.*[_ ]id)$/i;

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

function assertThere(names: readonly string[], profile: TableProfile, where: string): void {
  const known = profile.columns.map(({ name }) => name);
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  const some = known.slice(0, 12).join(', ');
  throw new InputError(`there is no column ${quoted(missing)}`, {
    where,
    hint: `its columns are ${some}${known.length > 12 ? `, and ${known.length - 12} more` : ''}`,
  });
}

function isIdentifier({ name, isNumber, distinct }: ColumnProfile, rows: number): boolean {
  if (IDENTIFIER.test(name)) return true;
  // Texts that are all different name rows and say nothing of them.
  return !isNumber && (distinct === undefined ? rows > 1 : distinct.length === rows && rows > 20);
}

/**
 * Which columns are targets, features, or neither.
 *
 * @param where names the table in errors
 * @throws InputError for a column that is not there
 */
export function chooseColumns(profile: TableProfile, choice: ColumnChoice, where: string): ChosenColumns {
  const guesses: string[] = [];
  const ignore = choice.ignore ?? [];
  const slice = choice.slice === undefined ? [] : [choice.slice];
  // What is ignored may be in another file only; or its name is wrong.
  assertThere([...(choice.label ?? []), ...slice], profile, where);
  const absent = ignore.filter((name) => !profile.columns.some((column) => column.name === name));
  if (absent.length > 0) guesses.push(`nothing to ignore: this file has no column ${quoted(absent)}`);
  let { label } = choice;
  if (label === undefined) {
    const found = profile.columns.find(({ name }) => LABELS.includes(name.toLowerCase()))?.name;
    label = found === undefined ? [] : [found];
    guesses.push(found === undefined ? 'no column is the label' : `label: column ${quoted([found])}, by its name`);
  }
  // A column that parts the examples may be a feature too.
  const taken = new Set([...label, ...ignore]);
  const left = profile.columns.filter(({ name }) => !taken.has(name));
  const identifiers = left.filter((column) => isIdentifier(column, profile.rows)).map(({ name }) => name);
  if (identifiers.length > 0) guesses.push(`ignored: ${quoted(identifiers)}, which name rows`);
  return { label, features: left.filter(({ name }) => !identifiers.includes(name)), guesses };
}
