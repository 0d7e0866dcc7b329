import type { Evaluation, SlicedEvaluation } from '@ciphernet/metrics';
import type { Report } from '@ciphernet/report';
import type { ReportParts } from './compose-report.js';
import { LEAST_IN_SLICE } from './score.js';

type Figures = Pick<Evaluation, 'metrics' | 'intervals'>;

/** Copies that a schema without `readonly` takes. */
function figuresOf({ metrics, intervals }: Figures): Required<Pick<Report, 'metrics' | 'intervals'>> {
  return {
    metrics: { ...metrics },
    intervals: Object.fromEntries(Object.entries(intervals).map(([name, [low, high]]) => [name, [low, high]])),
  };
}

function evaluationFields(evaluation: Evaluation): Partial<Report> {
  const { perClass, reliability, undefinedMetrics } = evaluation;
  const orNull = (values: readonly number[]): (number | null)[] =>
    values.map((value) => (Number.isFinite(value) ? value : null));
  return {
    ...figuresOf(evaluation),
    ...(Object.keys(undefinedMetrics).length === 0 ? {} : { withoutMetrics: { ...undefinedMetrics } }),
    ...(perClass === undefined ? {} : { perClass: [...perClass] }),
    ...(reliability === undefined
      ? {}
      : {
          reliability: {
            edges: [...reliability.edges],
            confidence: orNull(reliability.confidence),
            frequency: orNull(reliability.frequency),
            counts: [...reliability.counts],
          },
        }),
  };
}

/** Parts with figures; those that are too small by themselves together, and without figures where even all are too few. */
function partsOf({ slices, remainder }: SlicedEvaluation): NonNullable<Report['slices']>['parts'] {
  const parts = slices.map(({ name, evaluation }) => ({ name, count: evaluation.count, ...figuresOf(evaluation) }));
  if (remainder === undefined) return parts;
  const { names, evaluation } = remainder;
  const name = names.length === 1 ? (names[0] ?? '') : `${names.length} others`;
  return [
    ...parts,
    { name, count: evaluation?.count ?? 0, ...(evaluation === undefined ? {} : figuresOf(evaluation)) },
  ];
}

/** Task, figures, slices, and whether it was shown that the result is right. */
export function metricFields({ examples, evaluation, slices, checks, comparison }: ReportParts): Partial<Report> {
  const notes = comparison?.model.answers.notes ?? [];
  return {
    task: examples.task.kind,
    verified: checks.includes('comparison') || checks.includes('audit'),
    ...(evaluation === undefined ? {} : evaluationFields(evaluation)),
    ...(examples.slices === undefined || slices === undefined
      ? {}
      : { slices: { column: examples.slices.column, minimum: LEAST_IN_SLICE, parts: partsOf(slices) } }),
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
  };
}
