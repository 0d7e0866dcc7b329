import { InputError } from '@ciphernet/foundation';
import type { ByteSource } from '../byte-source.js';
import { numberedNames, requireColumnNames, selectedColumns } from '../tables/columns.js';
import { type Table, type TableBlock, type TableOptions, blockRows } from '../tables/table.js';
import { type Delimiter, findDelimiter } from './delimiter.js';
import { lineNumbers } from './line-numbers.js';
import { type CsvRecord, MAX_RECORD, csvRecords } from './records.js';
import { inflatedChunks, textChunks } from './text-source.js';

/**
 * A text file of comma-, semicolon- or tab-separated values in UTF-8, gzipped or not. Columns without a name (a frame's index)
 * are named `column 1` by their place. A first pass reads the names and the first row only.
 *
 * @throws InputError when it is no such text, has no names or no row, two columns of one name, or a name that is not asked for
 */
export async function csvTable(source: ByteSource, options: TableOptions): Promise<Table> {
  const { where } = source;
  const header = options.header ?? true;
  const delimiter = findDelimiter(await firstText(source), header);
  const first = await firstRecords(source, delimiter, 2);
  if (first[0] === undefined) throw new InputError('the file is empty', { where, hint: 'write the table again' });
  if (header && first[1] === undefined) {
    throw new InputError('the file has names of columns and no rows', { where, hint: 'write the table again' });
  }
  const { fields } = first[0];
  const names = header
    ? fields.map((name, i) => (name === '' ? `column ${i + 1}` : name))
    : numberedNames(fields.length);
  requireColumnNames(names, where);
  const chosen = selectedColumns(names, options.select, where);
  const lines = lineNumbers();
  return {
    format: delimiter === '\t' ? 'tsv' : 'csv',
    path: where,
    columns: chosen.map((position) => ({ name: names[position]!, type: 'text' })),
    async *blocks() {
      const most = blockRows(names.length);
      let row = header ? -1 : 0;
      let columns: string[][] = chosen.map(() => []);
      const block = (): TableBlock => ({ first: row - columns[0]!.length, count: columns[0]!.length, columns });
      for await (const batch of recordsOf(source, delimiter)) {
        for (const record of batch) {
          if (row >= 0) {
            lines.note(row, record.line);
            for (let i = 0; i < chosen.length; i++) columns[i]!.push(record.fields[chosen[i]!]!);
          }
          row++;
          if (columns[0]!.length === most) {
            yield block();
            columns = chosen.map(() => []);
          }
        }
      }
      if (columns[0]!.length > 0) yield block();
    },
    rowName: (index) => nameOfRow(lines.lineOf(index), index),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

function nameOfRow(line: number | undefined, index: number): string {
  return line === undefined ? `row ${index + 1}` : `line ${line}`;
}

function recordsOf(source: ByteSource, delimiter: Delimiter): AsyncGenerator<readonly CsvRecord[]> {
  return csvRecords(textChunks(inflatedChunks(source), source.where), delimiter, source.where);
}

async function firstRecords(source: ByteSource, delimiter: Delimiter, count: number): Promise<readonly CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const batch of recordsOf(source, delimiter)) {
    records.push(...batch.slice(0, count - records.length));
    if (records.length === count) break;
  }
  return records;
}

/** The text up to the end of the first line that holds any, at most as long as a record may be. */
async function firstText(source: ByteSource): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of textChunks(inflatedChunks(source), source.where)) {
    text += decoder.decode(chunk, { stream: true });
    // In two steps: a single expression would try every start of a long line.
    const start = text.search(/[^\r\n\ufeff]/);
    if (text.length >= MAX_RECORD || (start >= 0 && /[\r\n]/.test(text.slice(start)))) break;
  }
  return text;
}
