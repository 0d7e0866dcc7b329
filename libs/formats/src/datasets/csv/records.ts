import { InputError } from '@ciphernet/foundation';
import type { Delimiter } from './delimiter.js';

/** A record with the line on which it begins, counted from 1. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/** Bytes of a record: 65,536 columns of 32 characters. */
export const MAX_RECORD = 2 ** 21;

/** What the parser's codes mean, and what to do. */
const MEANINGS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: ['has another number of fields than the first line', 'repair that line'],
  CSV_MAX_RECORD_SIZE: [
    `is in a record of more than ${MAX_RECORD} bytes`,
    'a quote is not closed somewhere above, or it is no table',
  ],
  CSV_QUOTE_NOT_CLOSED: [
    'ends the file within a quote that is never closed',
    'close it, or double a quote that is meant as one',
  ],
  CSV_INVALID_CLOSING_QUOTE: ['has text after a closing quote', 'double a quote that is meant as one'],
  INVALID_OPENING_QUOTE: ['has a quote in an unquoted field', 'quote the whole field and double the quote in it'],
};

/**
 * Parses CSV (RFC 4180; lines end by LF, CRLF or CR) into fields as they are, their quotes taken off. Empty lines are skipped.
 *
 * @returns the records that end in each piece of the text together, because waiting for each alone takes as long as parsing it
 * @throws InputError for a record whose number of fields differs from the first's, misplaced quotes and records of more than 2 MiB
 */
export async function* csvRecords(
  text: AsyncIterable<Uint8Array>,
  delimiter: Delimiter,
  where: string,
): AsyncGenerator<readonly CsvRecord[]> {
  const { parse } = await import('csv-parse');
  let batch: CsvRecord[] = [];
  let lines = 0;
  let empty = 0;
  // The parser counts a CRLF within quotes as two lines.
  let excess = 0;
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_RECORD,
    skip_empty_lines: true,
    on_record(fields: string[], context) {
      const line = lines - excess + 1 + context.empty_lines - empty;
      if (context.lines - excess > line) excess += lineEndsOfTwo(fields);
      lines = context.lines;
      empty = context.empty_lines;
      batch.push({ fields, line });
      // Nothing for the stream's own queue.
      return null;
    },
  });
  // Writing and ending report the error as well.
  parser.on('error', () => {});
  const settled = (start: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      start((error) => (error ? reject(error) : resolve()));
    });
  try {
    for await (const chunk of text) {
      await settled((done) => parser.write(chunk, done));
      if (batch.length > 0) yield batch;
      batch = [];
    }
    await settled((done) => parser.end(done));
    if (batch.length > 0) yield batch;
  } catch (error) {
    throw asInputError(error, excess, where);
  } finally {
    parser.destroy();
  }
}

function lineEndsOfTwo(fields: readonly string[]): number {
  return fields.reduce((count, field) => count + field.split('\r\n').length - 1, 0);
}

function asInputError(error: unknown, excess: number, where: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('lines' in error)) return error;
  const [what, hint] = MEANINGS[String(error.code)] ?? ['is not valid CSV', 'repair that line'];
  return new InputError(`line ${Number(error.lines) - excess} ${what}`, { where, hint, cause: error });
}
