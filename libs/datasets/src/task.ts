import { z } from 'zod';

/** What a model is asked for; what is counted of its answers depends on it. */
export const taskSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('multiclass'), classes: z.number().int().min(2).max(256) }),
  /** A target of 0 or 1, and one value (above 0 is 1) or two of a model. */
  z.strictObject({ kind: z.literal('binary') }),
  /** So many targets of 0 or 1 an example, a value each. */
  z.strictObject({ kind: z.literal('multilabel'), labels: z.number().int().min(1).max(256) }),
  z.strictObject({ kind: z.literal('regression'), outputs: z.number().int().min(1).max(256) }),
]);

/** A parsed task. */
export type Task = z.infer<typeof taskSchema>;

/** Targets of an example: one class, or a value each. */
export function targetsOf(task: Task): number {
  if (task.kind === 'multilabel') return task.labels;
  return task.kind === 'regression' ? task.outputs : 1;
}

/** Values that a model gives an example, where nothing else says it: one a class. A binary one may give one or two. */
export function outputsOf(task: Task): number {
  if (task.kind === 'multiclass') return task.classes;
  return task.kind === 'binary' ? 2 : targetsOf(task);
}

/** A task in a word or two, for people. */
export function taskText(task: Task): string {
  if (task.kind === 'multiclass') return `${task.classes} classes`;
  if (task.kind === 'multilabel') return `${task.labels} labels`;
  return task.kind === 'binary' ? 'two classes' : 'regression';
}
