import type { Examples } from '@ciphernet/datasets';
import { type Answers, decide } from './score.js';

/** A name as a field of CSV. */
const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Predictions as CSV, a line an example in the order of the data: the number of its row from 0, then the decision's name, or the
 * outputs of a regression. They are as private as the data.
 */
export function predictionsToCsv({ count, targets, classNames, task }: Examples, answers: Answers): string {
  const decisions = decide(answers);
  const { outputs, width } = answers;
  const names = targets?.names ?? classNames;
  const each = task.kind === 'multilabel' ? task.labels : 1;
  const lines = [decisions === undefined ? 'row,prediction' : 'row,decision'];
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
