/** What separates the fields of a line. */
export type Delimiter = ',' | ';' | '\t';

const DELIMITERS: readonly Delimiter[] = ['\t', ';', ','];

/**
 * Finds the delimiter in a first line: with names, the one that occurs most often outside quotes; without, a tab before a semicolon
 * before a comma, because numbers hold commas in half of the world. A comma when there is none.
 *
 * @param text the beginning of the file
 */
export function findDelimiter(text: string, header: boolean): Delimiter {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter as string, 0]));
  let quoted = false;
  let begun = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '\n' || character === '\r') {
      // Empty lines before the first one are skipped, as the parser does.
      if (begun) break;
    } else {
      const count = counts.get(character);
      if (count !== undefined) counts.set(character, count + 1);
    }
    begun ||= character !== '\n' && character !== '\r' && character !== '\ufeff';
  }
  const present = DELIMITERS.filter((delimiter) => counts.get(delimiter)! > 0);
  const best = header ? present.toSorted((a, b) => counts.get(b)! - counts.get(a)!) : present;
  return best[0] ?? ',';
}
