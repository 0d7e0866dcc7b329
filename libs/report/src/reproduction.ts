import { median } from '@ciphernet/foundation';
import { z } from 'zod';
import type { Curve } from './curve.js';
import { percent } from './format.js';
import { REFERENCE } from './reference.js';

const fraction = z.number().min(0).max(1);

/** Final figures of one network on one dataset for several seeds, beside the reference's, version 1. */
export const reproductionSchema = z.strictObject({
  format: z.literal('ciphernet-reproduction'),
  version: z.literal(1),
  rows: z.array(
    z.strictObject({
      dataset: z.string(),
      model: z.string(),
      images: z.number().int().positive(),
      epochs: z.number().int().positive(),
      runs: z.array(
        z.strictObject({
          seed: z.number().int(),
          epoch: z.number().int().positive(),
          base: fraction,
          encrypted: fraction,
          agreement: fraction,
          trainSeconds: z.number().nonnegative(),
        }),
      ),
    }),
  ),
});

/** A parsed reproduction. */
export type Reproduction = z.infer<typeof reproductionSchema>;
type Row = Reproduction['rows'][number];

/** The figures of the epoch that validation chose; undefined when its evaluation is missing. */
export function chosenRun(seed: number, curve: Curve): Row['runs'][number] | undefined {
  const point = curve.points.find(({ epoch }) => epoch === curve.chosenEpoch);
  if (point?.base === undefined || point.agreement === undefined) return undefined;
  const { epoch, base, encrypted, agreement } = point;
  return { seed, epoch, base, encrypted, agreement, trainSeconds: curve.trainSeconds };
}

function medianAndSpread(values: readonly number[]): string {
  const text = percent(median(values));
  if (values.length === 1) return text;
  const two = (value: number): string => (100 * value).toFixed(2);
  return `${text} (${two(Math.min(...values))} to ${two(Math.max(...values))})`;
}

/** Reference, base and encrypted side by side, as a Markdown table. */
export function reproductionTable(rows: Reproduction['rows']): string {
  const cells = rows.map((row) => {
    const reference = REFERENCE.get(row.dataset);
    const known = reference === undefined ? 'none' : `${percent(reference.base)} / ${percent(reference.encrypted)}`;
    const of = (field: 'base' | 'encrypted'): string => medianAndSpread(row.runs.map((run) => run[field]));
    const agreement = Math.min(...row.runs.map((run) => run.agreement));
    const minutes = median(row.runs.map((run) => run.trainSeconds)) / 60;
    return [
      `${row.dataset}, \`${row.model}\``,
      known,
      of('base'),
      of('encrypted'),
      percent(agreement),
      `${row.runs.length} × ${row.epochs} epochs, ${minutes.toFixed(1)} min each`,
    ];
  });
  const head = ['dataset, network', 'reference base / encrypted', 'base', 'encrypted', 'least agreement', 'training'];
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...cells.map(line)].join('\n');
}
