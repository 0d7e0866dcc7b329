import { type Table, type TableBlock, openTable } from '@ciphernet/formats';
import { InputError } from '@ciphernet/foundation';
import type { Examples, Slices } from '../examples.js';
import { growingRows } from '../feature-rows.js';
import { targetsOf } from '../task.js';
import { isMissing, nameOf, numberOf } from './cell.js';
import { type ReadOptions, ownExamples } from './own-examples.js';
import { type TableFeature, shapeOf } from './preprocessing.js';
import type { OwnReading } from './reading.js';

/** Parts of examples that are told apart. */
const MOST_PARTS = 65_535;

type Cells = Float64Array | readonly string[];

/** Where a value stands, for messages. */
interface Place {
  readonly table: Table;
  readonly row: number;
  readonly column: string;
}

function refuse(what: string, { table, row, column }: Place, hint: string): never {
  throw new InputError(`${what} in column ${JSON.stringify(column)}`, {
    where: `${table.path}, ${table.rowName(row)}`,
    hint,
  });
}

const shown = (cell: string | number): string => JSON.stringify(String(cell).slice(0, 40));

/** Writes the features of one value; returns how many. */
function writeFeature(
  feature: TableFeature,
  cell: string | number,
  out: Float32Array,
  at: number,
  place: Place,
): number {
  if (feature.kind === 'number') {
    const value = isMissing(cell) ? feature.fill : numberOf(cell);
    if (value === undefined) {
      const what = isMissing(cell) ? 'a value is missing' : `${shown(cell)} is no number`;
      refuse(what, place, 'complete the data, or say what a missing value is filled with');
    }
    out[at] = (value - feature.offset) / feature.scale;
    return 1;
  }
  const { categories, unknownIsZero } = feature;
  const found = isMissing(cell) ? -1 : categories.indexOf(nameOf(cell));
  if (found < 0 && !unknownIsZero) {
    refuse(
      `${shown(cell)} is none of the categories ${categories.slice(0, 8).join(', ')}`,
      place,
      'add the category, or say that unknown ones are zeros',
    );
  }
  out.fill(0, at, at + categories.length);
  if (found >= 0) out[at + found] = 1;
  return categories.length;
}

/** The target that a value stands for. */
function targetOf(cell: string | number, reading: OwnReading, place: Place): number {
  const { task, classes } = reading;
  if (isMissing(cell)) refuse('a label is missing', place, 'remove the row, or complete it');
  if (task.kind === 'regression') {
    const value = numberOf(cell);
    return value ?? refuse(`the label ${shown(cell)} is no number`, place, 'a regression has numbers as labels');
  }
  const names = task.kind === 'multilabel' ? ['0', '1'] : (classes ?? []);
  const found = names.indexOf(nameOf(cell));
  if (found < 0)
    refuse(
      `the label ${shown(cell)} is none of ${names.slice(0, 8).join(', ')}`,
      place,
      'name all classes, in the order of the model’s outputs',
    );
  return found;
}

/** Values that grow by doubling. */
class Growing {
  private values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  taken(): Float64Array {
    return this.values.slice(0, this.length);
  }
}

/** Reads rows into features, targets and parts, in memory for what examples take: 4 bytes a feature, 8 a target. */
class RowReader {
  readonly rows;
  readonly targets = new Growing();
  readonly parts = new Growing();
  private readonly partNumbers = new Map<string, number>();
  private readonly position: ReadonlyMap<string, number>;

  constructor(
    private readonly table: Table,
    private readonly reading: OwnReading,
    private readonly features: readonly TableFeature[],
    width: number,
  ) {
    this.rows = growingRows(width);
    this.position = new Map(table.columns.map(({ name }, i) => [name, i]));
  }

  private cells(block: TableBlock, column: string): Cells {
    return block.columns[this.position.get(column) ?? -1] ?? [];
  }

  add(block: TableBlock, count: number): void {
    const { table, reading, features } = this;
    const { width } = this.rows;
    const values = new Float32Array(count * width);
    let offset = 0;
    for (const feature of features) {
      const cells = this.cells(block, feature.column);
      let step = 1;
      for (let i = 0; i < count; i++) {
        const place = { table, row: block.first + i, column: feature.column };
        step = writeFeature(feature, cells[i] ?? '', values, i * width + offset, place);
      }
      offset += step;
    }
    this.rows.append(values);
    const labels = reading.label.map((column) => this.cells(block, column));
    const parts = reading.slice === undefined ? undefined : this.cells(block, reading.slice);
    for (let i = 0; i < count; i++) {
      const row = block.first + i;
      reading.label.forEach((column, l) =>
        this.targets.push(targetOf(labels[l]?.[i] ?? '', reading, { table, row, column })),
      );
      if (parts !== undefined) this.parts.push(this.partOf(nameOf(parts[i] ?? ''), row));
    }
  }

  private partOf(name: string, row: number): number {
    const known = this.partNumbers.get(name);
    if (known !== undefined) return known;
    const { table, reading } = this;
    const next = this.partNumbers.size;
    if (next >= MOST_PARTS)
      refuse(
        'too many different values',
        { table, row, column: reading.slice ?? '' },
        'slice by a column of few values',
      );
    this.partNumbers.set(name, next);
    return next;
  }

  slices(): Slices | undefined {
    const { slice } = this.reading;
    if (slice === undefined) return undefined;
    return { column: slice, names: [...this.partNumbers.keys()], of: Uint16Array.from(this.parts.taken()) };
  }
}

/**
 * Reads a table as examples.
 *
 * @throws InputError naming file, row and column of the first value that is not what the reading says
 */
export async function readTableExamples(
  path: string,
  reading: OwnReading,
  options: ReadOptions = {},
): Promise<Examples> {
  const { preprocessing, task, label, slice } = reading;
  if (preprocessing.kind !== 'table') throw new InputError('the preprocessing is of no table', { where: path });
  const columns = new Set([
    ...preprocessing.features.map(({ column }) => column),
    ...label,
    ...(slice === undefined ? [] : [slice]),
  ]);
  await using table = await openTable(path, { select: [...columns] });
  const reader = new RowReader(table, reading, preprocessing.features, shapeOf(preprocessing).channels);
  const most = options.most ?? Infinity;
  for await (const block of table.blocks()) {
    const count = Math.min(block.count, most - reader.rows.count);
    if (count > 0) reader.add(block, count);
    if (reader.rows.count >= most) break;
  }
  const features = reader.rows.finished();
  if (features.count === 0)
    throw new InputError('the table has no rows', { where: path, hint: 'give at least one example' });
  const isKnown = label.length > 0 && label.length === targetsOf(task);
  return ownExamples(path, reading, options, {
    features,
    targets: isKnown ? reader.targets.taken() : undefined,
    slices: reader.slices(),
    source: `${table.format} file`,
  });
}
