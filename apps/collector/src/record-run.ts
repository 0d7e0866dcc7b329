import { type BenchmarkRecord, appendRecord, evaluationOf } from '@ciphernet/benchmarks';
import { openDirectoryStore } from '@ciphernet/blobs';
import { errorToLine, messageOf } from '@ciphernet/foundation';
import { type OwnerConfiguration, readOutcome } from '@ciphernet/owner-records';
import { COLLECTED, parseBenchmarkRun, suiteEvaluationId } from '@ciphernet/queue';
import { type Job, UnrecoverableError } from 'bullmq';

type Found = Pick<BenchmarkRecord, 'status' | 'reason' | 'evaluations'>;

/** What came of a run's evaluations, from the owner's folder. */
async function outcomesOf(run: string, count: number, reportsFolder: string): Promise<Found> {
  const evaluations: Found['evaluations'] = [];
  const reasons: string[] = [];
  for (let index = 0; index < count; index++) {
    const evaluation = suiteEvaluationId(run, index);
    const outcome = await readOutcome(reportsFolder, evaluation);
    if (outcome?.kind === 'accepted') evaluations.push(evaluationOf(outcome.report));
    else reasons.push(outcome === undefined ? `${evaluation} was not collected here` : messageOf(outcome.error));
  }
  if (reasons.length === 0) return { status: 'done', evaluations };
  return { status: 'failed', reason: reasons.join('; ').slice(0, 2000), evaluations };
}

/** Adds a run of a suite, which has ended or was skipped, to the owner's history. The queue learns nothing of it. */
export async function recordRun(
  job: Job,
  { reportsFolder, historyFolder }: OwnerConfiguration,
): Promise<typeof COLLECTED> {
  try {
    const { suite, startedAt, skippedFor } = parseBenchmarkRun(job.data);
    const run = job.id ?? '';
    const found: Found =
      skippedFor === undefined
        ? await outcomesOf(run, suite.datasets.length * suite.models.length, reportsFolder)
        : { status: 'skipped', reason: `${skippedFor} was still going`, evaluations: [] };
    await appendRecord(await openDirectoryStore(historyFolder), {
      format: 'ciphernet-benchmark',
      version: 1,
      suite: suite.suite,
      run,
      startedAt,
      finishedAt: Date.now(),
      ...found,
    });
    return COLLECTED;
  } catch (error) {
    process.stderr.write(`collector: ${job.id ?? ''}: ${errorToLine(error)}\n`);
    // A constant: what is wrong with a history or an outcome is the owner's.
    throw new UnrecoverableError('the run could not be recorded');
  }
}
