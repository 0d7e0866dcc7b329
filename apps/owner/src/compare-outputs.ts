import type { Examples } from '@ciphernet/datasets';
import { InputError, IntegrityError } from '@ciphernet/foundation';
import { type Predictions, compareDecisions, decisionsOf, evaluateMetrics, pairedBootstrap } from '@ciphernet/metrics';
import type { KeptOutputs } from '@ciphernet/owner-records';
import type { ComparedModel, ComparedPair, ModelComparison } from '@ciphernet/report';

/** Pairs grow with the square of it, and each takes a second or two. */
export const MOST_COMPARED = 8;

/** The main figures of each task: what it is about, one that does not depend on a threshold, one of probabilities. */
const FIGURES: Readonly<Record<Examples['task']['kind'], readonly string[]>> = {
  multiclass: ['accuracy', 'balancedAccuracy', 'f1Macro', 'rocAuc', 'logLoss'],
  binary: ['accuracy', 'balancedAccuracy', 'f1', 'rocAuc', 'prAuc', 'logLoss'],
  multilabel: ['accuracy', 'f1Macro', 'f1Micro', 'rocAuc', 'logLoss'],
  regression: ['mae', 'rmse', 'r2'],
};

/** What a comparison reads of the examples. */
export type KnownExamples = Pick<Examples, 'name' | 'count' | 'task' | 'targets' | 'classNames' | 'targetsDigest'>;

/** An evaluation's outputs, and the model's name where the owner knows it. */
export interface NamedOutputs {
  readonly kept: KeptOutputs;
  readonly name?: string;
}

/** @throws InputError for evaluations that cannot be compared by their ids: one, too many, one twice */
export function assertComparable(evaluations: readonly string[]): void {
  const twice = evaluations.find((evaluation, i) => evaluations.indexOf(evaluation) !== i);
  if (twice !== undefined) {
    throw new InputError('an evaluation is named twice', { where: twice, hint: 'name each evaluation once' });
  }
  if (evaluations.length < 2 || evaluations.length > MOST_COMPARED) {
    throw new InputError(`${evaluations.length} evaluations to compare`, {
      where: 'evaluations',
      hint: `name 2 to ${MOST_COMPARED} evaluations of the same examples`,
    });
  }
}

/** @throws InputError where the evaluations are not of the same examples */
export function assertSameExamples(all: readonly KeptOutputs[]): void {
  const [first, ...others] = all;
  const other = others.find(
    ({ targetsDigest, count }) => targetsDigest !== first?.targetsDigest || count !== first.count,
  );
  if (first === undefined || other === undefined) return;
  throw new InputError('the evaluations are not of the same examples', {
    where: `${first.evaluation}, ${other.evaluation}`,
    hint: 'compare evaluations of one dataset, or of encryptions of the same examples: `outputs` lists the digests of their targets',
  });
}

/** @throws IntegrityError where the targets, read once more, are not those of the outputs; InputError where there are none */
function predictionsOf(kept: KeptOutputs, examples: KnownExamples): Predictions {
  const { task, targets, count, classNames } = examples;
  const isSame =
    kept.targetsDigest === examples.targetsDigest &&
    kept.count === count &&
    JSON.stringify(kept.task) === JSON.stringify(task);
  if (!isSame) {
    throw new IntegrityError('the targets are not those that the outputs were kept with', {
      where: kept.evaluation,
      hint: 'restore the data, or encrypt it again and evaluate',
    });
  }
  if (targets === undefined) {
    throw new InputError('nobody knows the answers to these examples: there is nothing to compare by', {
      where: kept.evaluation,
      hint: 'encrypt the examples with their targets',
    });
  }
  const { link, outputs, width } = kept;
  const names = targets.names ?? classNames;
  return { task, link, outputs, width, targets: targets.values, ...(names === undefined ? {} : { names }) };
}

/** p values adjusted to their number by Holm's step-down method (Scandinavian Journal of Statistics 6, 1979). */
export function holm(p: readonly number[]): number[] {
  const adjusted = new Array<number>(p.length).fill(0);
  let least = 0;
  [...p.keys()]
    .sort((a, b) => (p[a] ?? 0) - (p[b] ?? 0))
    .forEach((at, rank) => {
      least = Math.max(least, Math.min(1, (p.length - rank) * (p[at] ?? 0)));
      adjusted[at] = least;
    });
  return adjusted;
}

type Side = NamedOutputs & { readonly predictions: Predictions };

function pairOf(first: Side, second: Side, figures: readonly string[]): ComparedPair {
  const { differences, undefinedMetrics } = pairedBootstrap(first.predictions, second.predictions, {
    metrics: figures,
  });
  const { task, targets } = first.predictions;
  const decisions =
    task.kind === 'regression'
      ? undefined
      : compareDecisions(
          decisionsOf(first.predictions),
          decisionsOf(second.predictions),
          targets,
          task.kind === 'multilabel' ? task.labels : 1,
        );
  return {
    first: first.kept.evaluation,
    second: second.kept.evaluation,
    ...(decisions === undefined ? {} : { decisions: { ...decisions, pOfAll: decisions.p } }),
    differences,
    withoutMetrics: undefinedMetrics,
  };
}

/**
 * Figures of several models on the same examples, and for each pair McNemar's exact test and paired intervals of the
 * differences.
 *
 * @param examples those of the dataset's record, read once more
 * @throws InputError for evaluations that are not of the same examples, or of examples without targets
 * @throws IntegrityError where the examples are not those of the outputs
 */
export function compareOutputs(named: readonly NamedOutputs[], examples: KnownExamples): ModelComparison {
  assertComparable(named.map(({ kept }) => kept.evaluation));
  assertSameExamples(named.map(({ kept }) => kept));
  const sides = named.map((one): Side => ({ ...one, predictions: predictionsOf(one.kept, examples) }));
  const figures = FIGURES[examples.task.kind];
  const models = sides.map(({ kept, name, predictions }): ComparedModel => {
    const { metrics, intervals, undefinedMetrics } = evaluateMetrics(predictions);
    const { evaluation, model } = kept;
    const known = name === undefined ? {} : { name };
    return { evaluation, digest: model, ...known, metrics, intervals, withoutMetrics: undefinedMetrics };
  });
  const pairs = sides.flatMap((first, i) => sides.slice(i + 1).map((second) => pairOf(first, second, figures)));
  const adjusted = holm(pairs.map(({ decisions }) => decisions?.p ?? 1));
  return {
    format: 'ciphernet-comparison',
    version: 1,
    createdAt: new Date().toISOString(),
    dataset: examples.name,
    task: examples.task.kind,
    examples: examples.count,
    figures,
    models,
    pairs: pairs.map((pair, i) =>
      pair.decisions === undefined
        ? pair
        : { ...pair, decisions: { ...pair.decisions, pOfAll: adjusted[i] ?? pair.decisions.p } },
    ),
  };
}
