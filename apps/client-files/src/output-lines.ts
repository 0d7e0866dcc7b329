import type { ClientSide } from '@ciphernet/compiler';
import { decisionsOf } from '@ciphernet/metrics';

/** A line an example, the number of the class that the model decides on. @param values examples × outputs */
export function predictionLines(values: Float64Array, { link, outputs }: Pick<ClientSide, 'link' | 'outputs'>): string {
  const task = outputs === 1 ? { kind: 'binary' as const } : { kind: 'multiclass' as const, classes: outputs };
  return `${decisionsOf({ task, link, outputs: values, width: outputs }).join('\n')}\n`;
}

/** A line an example, its outputs separated by commas. @param values examples × outputs */
export function logitLines(values: Float64Array, outputs: number): string {
  const lines: string[] = [];
  for (let from = 0; from < values.length; from += outputs) lines.push(values.subarray(from, from + outputs).join(','));
  return `${lines.join('\n')}\n`;
}
