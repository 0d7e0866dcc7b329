import type { Examples, Task } from '@ciphernet/datasets';
import { type Answers, decide } from './score.js';

/** A name as a field of CSV. */
const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Columns behind the row's number. */
function columnsOf(task: Task, names: readonly string[] | undefined, isDecided: boolean, width: number): string[] {
  const numbered = (what: string, count: number): string[] =>
    count === 1 ? [what] : Array.from({ length: count }, (_, k) => `${what}${k}`);
  if (!isDecided) return numbered('prediction', width);
  if (task.kind !== 'multilabel') return ['decision'];
  return names?.length === task.labels ? names.map(field) : numbered('label', task.labels);
}

/**
 * Predictions as CSV, a line an example in the order of the data: the number of its row from 0, then the decision's name; of several
 * labels a column each, 1 where the model says that it is there; of a regression its outputs. They are as private as the data.
 */
export function predictionsToCsv({ count, targets, classNames, task }: Examples, answers: Answers): string {
  const decisions = decide(answers);
  const { outputs, width } = answers;
  const names = targets?.names ?? classNames;
  const each = task.kind === 'multilabel' ? task.labels : 1;
  const lines = [['row', ...columnsOf(task, names, decisions !== undefined, width)].join(',')];
  for (let n = 0; n < count; n++) {
    const cells: string[] = [];
    if (decisions === undefined) for (let k = 0; k < width; k++) cells.push(String(outputs[n * width + k]));
    else {
      for (let k = 0; k < each; k++) {
        const decision = decisions[n * each + k] ?? 0;
        cells.push(each === 1 ? field(names?.[decision] ?? String(decision)) : String(decision));
      }
    }
    lines.push(`${n},${cells.join(',')}`);
  }
  return `${lines.join('\n')}\n`;
}
