import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import { refuse } from './refusal.js';
import { addRows, multipleOf, scaleRow } from './rows.js';
import { type Data, constantRow } from './value.js';

/** Squares one after the other that the scheme evaluates. */
export const MOST_LEVELS = 2;
/** Indices of a circuit are 16 bits. */
export const MOST_UNITS = 65_536;

/** The squares of a network that is being followed: one list of affine rows a level, each squared. */
export interface Levels {
  /** Values of the input. */
  readonly inputs: number;
  /** units[n] are over the variables of level n; their squares are the variables of level n + 1. */
  readonly units: AffineRow[][];
  /** Units that a row has already, by what is added to it before it is squared. */
  readonly known: WeakMap<AffineRow, Map<number, number>>;
}

export function newLevels(inputs: number): Levels {
  return { inputs, units: [], known: new WeakMap() };
}

/** How many variables rows of a level may name. */
export function variablesOf(levels: Levels, level: number): number {
  return level === 0 ? levels.inputs : (levels.units[level - 1]?.length ?? 0);
}

/** The number of the unit (row + offset)² of a level, made when it is not there. */
function unitOf(levels: Levels, level: number, row: AffineRow, offset: number): number {
  const known = levels.known.get(row)?.get(offset);
  if (known !== undefined) return known;
  if (level >= MOST_LEVELS) {
    refuse(
      'a third square: this scheme evaluates two',
      'train it with two, at the first convolution and the first dense layer for example, or have the two found that matter: ' +
        'ciphernet model convert',
    );
  }
  const units = (levels.units[level] ??= []);
  if (units.length >= MOST_UNITS) {
    refuse(`more than ${MOST_UNITS} squares of one level`, 'use fewer channels or a larger stride before the square');
  }
  const unit = units.push(scaleRow(row, 1, offset)) - 1;
  const ofRow = levels.known.get(row) ?? new Map<number, number>();
  levels.known.set(row, ofRow.set(offset, unit));
  return unit;
}

/** factor · unit² + bias of each (unit, factor) given. */
function sumOfUnits(terms: readonly (readonly [unit: number, factor: number])[], bias: number): AffineRow {
  const sorted = [...terms].sort((a, b) => a[0] - b[0]);
  return { inputs: sorted.map(([unit]) => unit), values: sorted.map(([, factor]) => factor), bias };
}

/** factor · (row + offset)² + bias, a row of the next level. */
function squareRow(levels: Levels, level: number, row: AffineRow, factor = 1, offset = 0, bias = 0): AffineRow {
  if (row.inputs.length === 0) return constantRow(factor * (row.bias + offset) ** 2 + bias);
  return sumOfUnits([[unitOf(levels, level, row, offset), factor]], bias);
}

/** x = ((x + 1)² − (x − 1)²) / 4: two squares carry a value to the next level, exactly. */
function liftRow(levels: Levels, level: number, row: AffineRow): AffineRow {
  if (row.inputs.length === 0) return row;
  const plus = unitOf(levels, level, row, 1);
  const minus = unitOf(levels, level, row, -1);
  return sumOfUnits(
    [
      [plus, 0.25],
      [minus, -0.25],
    ],
    0,
  );
}

function isZero(row: AffineRow): boolean {
  return row.values.every((value) => value === 0);
}

/**
 * x · y, a row of the next level. Where one is a multiple of the other plus a constant, one square is enough: with
 * y = αx + β it is α(x + β/2α)² − β²/4α. Otherwise x·y = ((x + y)/2)² − ((x − y)/2)².
 */
function productRow(levels: Levels, level: number, x: AffineRow, y: AffineRow): AffineRow {
  if (x === y) return squareRow(levels, level, x);
  const multiple = isZero(x) ? undefined : multipleOf(y, x);
  if (multiple !== undefined && multiple.factor !== 0) {
    const { factor, offset } = multiple;
    return squareRow(levels, level, x, factor, offset / (2 * factor), -(offset * offset) / (4 * factor));
  }
  const plus = squareRow(levels, level, scaleRow(addRows(x, y), 0.5));
  const minus = squareRow(levels, level, scaleRow(addRows(x, y, -1), 0.5));
  return addRows(plus, minus, -1);
}

/** The same values over the variables of a higher level. */
export function liftTo(levels: Levels, value: Data, level: number): Data {
  let lifted = value;
  while (lifted.level < level) {
    const from = lifted.level;
    lifted = { ...lifted, level: from + 1, rows: lifted.rows.map((row) => liftRow(levels, from, row)) };
  }
  return lifted;
}

/** Elementwise squares, factor(i) · x². */
export function squareData(levels: Levels, value: Data): Data {
  const rows = value.rows.map((row) => squareRow(levels, value.level, row));
  return { ...value, level: value.level + 1, rows };
}

/** Elementwise product of two tensors of as many elements. A constant element is no square. */
export function multiplyRows(levels: Levels, x: Data, y: Data): Pick<Data, 'level' | 'rows'> {
  const level = Math.max(x.level, y.level);
  const left = liftTo(levels, x, level).rows;
  const right = liftTo(levels, y, level).rows;
  const needsSquare = left.some((row, i) => row.inputs.length > 0 && elementAt(right, i).inputs.length > 0);
  const rows = left.map((a, i) => {
    const b = elementAt(right, i);
    if (a.inputs.length > 0 && b.inputs.length > 0) return productRow(levels, level, a, b);
    const linear = a.inputs.length === 0 ? scaleRow(b, a.bias) : scaleRow(a, b.bias);
    return needsSquare ? liftRow(levels, level, linear) : linear;
  });
  return { level: needsSquare ? level + 1 : level, rows };
}

/**
 * a·u² + b·u + c of one unit u completes to a(u + b/2a)² + c − b²/4a and costs nothing; undefined when the lower row is
 * no multiple of the unit, or the higher one is of several.
 */
function complete(levels: Levels, higher: AffineRow, lower: AffineRow, level: number): AffineRow | undefined {
  const a = higher.values[0];
  if (higher.inputs.length !== 1 || a === undefined || a === 0) return undefined;
  const unit = elementAt(levels.units[level] ?? [], elementAt(higher.inputs, 0));
  if (isZero(unit)) return undefined;
  const multiple = multipleOf(lower, unit);
  if (multiple === undefined) return undefined;
  const { factor: b, offset } = multiple;
  return squareRow(levels, level, unit, a, b / (2 * a), higher.bias + offset - (b * b) / (4 * a));
}

/** x + factor · y, elementwise; a tensor of a lower level joins the higher by completing squares, or by two squares. */
export function addData(levels: Levels, x: Data, y: Data, factor: number): Pick<Data, 'level' | 'rows'> {
  if (x.level === y.level)
    return { level: x.level, rows: x.rows.map((a, i) => addRows(a, elementAt(y.rows, i), factor)) };
  if (x.level < y.level) {
    const scaled = y.rows.map((row) => scaleRow(row, factor));
    return addData(levels, { ...y, rows: scaled }, x, 1);
  }
  const below = liftTo(levels, y, x.level - 1);
  const rows = x.rows.map((higher, i) => {
    const lower = scaleRow(elementAt(below.rows, i), factor);
    if (lower.inputs.length === 0) return scaleRow(higher, 1, lower.bias);
    return (
      complete(levels, higher, lower, below.level) ??
      addRows(higher, liftRow(levels, below.level, elementAt(below.rows, i)), factor)
    );
  });
  return { level: x.level, rows };
}
