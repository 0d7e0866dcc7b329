import { valuesOfExamples } from '@ciphernet/arrangement';
import { type DatasetManifest, MODEL_OWNERS, fetchManifest } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type Plan, planOfCompiled } from '@ciphernet/compiler';
import type { LoadOptions } from '@ciphernet/datasets';
import { EvaluationError, nameOf, parseJson } from '@ciphernet/foundation';
import { examplesOfRecord, readDatasetRecord, sealOutputs } from '@ciphernet/owner-records';
import type { CollectJob, JobProgress } from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';
import { type WorkerPolicy, assertUnlocked, checkAnswers } from './answers.js';
import { type AuditPolicy, type ShardResult, assertEnough, checkAudits } from './audits.js';
import { type Comparison, compareWithModel, compileModelOf } from './compare.js';
import { composeReport } from './compose-report.js';
import { decryptAll } from './decrypt-results.js';
import { beginInClear } from './begin-in-clear.js';
import type { EvaluateElsewhere } from './in-clear.js';
import { predictionsToCsv } from './predictions.js';
import {
  type Answers,
  FEW_RESAMPLES,
  MANY_RESAMPLES,
  accuracyOf,
  assertWidth,
  decide,
  marginsOfAnswers,
  score,
  scoreSlices,
} from './score.js';
import { arrangementOf, checkTwins, shardOfSlot } from './slots.js';

/** What collecting gives the owner. */
export interface Collected {
  readonly report: Report;
  /** A line an example, where nobody knows the answers: the owner's, and nowhere in the report. */
  readonly predictions?: string;
  /** What the model gave each example, sealed under the passphrase: where the owner keeps it. */
  readonly outputs?: Uint8Array;
}

/** What collecting needs besides the job. */
export interface CollectDependencies {
  readonly blobs: BlobStore;
  readonly recordsFolder: string;
  readonly datasetFolders: LoadOptions;
  readonly passphrase: string | undefined;
  readonly audits: AuditPolicy;
  readonly workers: WorkerPolicy;
  /** Whether outputs are kept, which needs a passphrase; they are not where it is missing. */
  readonly keepOutputs?: boolean;
  readonly onProgress?: (progress: JobProgress) => void;
  /** Evaluates in the clear beside decryption; without it that is done here, whenever decryption waits. */
  readonly evaluateElsewhere?: EvaluateElsewhere;
}

/** Results in the order of their shards, each exactly once, or an error that says which are missing and why. */
function orderResults(
  job: CollectJob,
  manifest: DatasetManifest,
  results: readonly ShardResult[],
  failures: readonly string[],
): ShardResult[] {
  const byShard = new Map(results.map((result) => [result.shard, result]));
  const missing = manifest.shards.flatMap((_, shard) => (byShard.has(shard) ? [] : [shard]));
  if (missing.length > 0 || job.shards !== manifest.shards.length || results.length !== manifest.shards.length) {
    const reason = failures[0] ?? 'no result was returned';
    const what =
      missing.length > 0
        ? `shard ${missing.join(', ')} of ${manifest.shards.length} failed: ${reason}`
        : `${results.length} results and a job of ${job.shards} shards for a dataset of ${manifest.shards.length}`;
    throw new EvaluationError(what, {
      where: job.evaluation,
      hint: 'no report is written for a part of the images; remove the cause and evaluate again',
    });
  }
  return manifest.shards.flatMap((_, shard) => byShard.get(shard) ?? []);
}

/** Shards of one evaluation must have been evaluated by one circuit: two versions of the compiler may plan differently. */
function oneCircuit(results: readonly ShardResult[], where: string): string {
  const circuits = new Set(results.map(({ compiled }) => compiled));
  const [first = ''] = circuits;
  if (circuits.size === 1) return first;
  throw new EvaluationError(`the shards were evaluated by ${circuits.size} different circuits`, {
    where,
    hint: 'workers of different versions took part: evaluate again when all are of one',
  });
}

/** Most bytes of a compiled circuit: its format's most weights, as base64, and some. */
const MOST_COMPILED_BYTES = 2 ** 27;

/** The plan of a circuit that an auditor has compiled from the model. */
async function attestedPlan(blobs: BlobStore, digest: string): Promise<Plan> {
  const text = new TextDecoder().decode(await blobs.get(digest, MOST_COMPILED_BYTES));
  return planOfCompiled(parseJson(text, digest), `compiled circuit ${digest.slice(0, 12)}`);
}

/** An evaluation that is complete by what everybody can see: its manifest, and one result a shard, of one circuit. */
export interface Gathered {
  readonly job: CollectJob;
  readonly manifest: DatasetManifest;
  /** In the order of the shards. */
  readonly results: readonly ShardResult[];
  /** Address of the circuit that the workers say they evaluated. */
  readonly compiledDigest: string;
}

/**
 * Checks that an evaluation is complete. Reads nothing of the owner's: why it is not may be told to everyone.
 *
 * @param results what the shards' jobs returned, in any order
 * @param failures reasons of the shards' jobs that failed
 * @throws EvaluationError when shards are missing, or were evaluated by different circuits
 */
export async function gather(
  job: CollectJob,
  results: readonly ShardResult[],
  failures: readonly string[],
  blobs: BlobStore,
): Promise<Gathered> {
  const manifest = await fetchManifest(blobs, job.manifest);
  const ordered = orderResults(job, manifest, results, failures);
  return { job, manifest, results: ordered, compiledDigest: oneCircuit(ordered, job.evaluation) };
}

/**
 * Decrypts an evaluation's results and aggregates them into a report. What it throws depends on the key and the data, and
 * stays with the owner.
 *
 * @throws ForgedResult when a result is not what it should be, with the shards of which that is certain
 * @throws IntegrityError when a result, the labels or the model are not those of the evaluation
 * @throws InputError for a dataset that is not this owner's
 */
export async function collect(gathered: Gathered, dependencies: CollectDependencies): Promise<Collected> {
  const refusal = refusalOf(gathered, dependencies);
  if (refusal === undefined) return decryptAndReport(gathered, dependencies);
  // Who is in quarantine depends on decrypted values, and comes before what auditors say, so what the store is asked for, and how long it takes, must not: all is
  // done as ever, and nothing made of it.
  await decryptAndReport(gathered, dependencies).catch((error: unknown) => {
    if (nameOf(error) === 'UnavailableError') throw error;
  });
  throw refusal.error;
}

/** Why the results are not taken, whatever is in them; undefined where they are. */
function refusalOf(
  { job, manifest, results }: Gathered,
  { workers }: CollectDependencies,
): { readonly error: unknown } | undefined {
  try {
    assertUnlocked(job.manifest, workers);
    checkAnswers(job, manifest, results, workers);
    return undefined;
  } catch (error) {
    return { error };
  }
}

async function decryptAndReport(
  { job, manifest, results, compiledDigest }: Gathered,
  dependencies: CollectDependencies,
): Promise<Collected> {
  const record = await readDatasetRecord(dependencies.recordsFolder, job.manifest);
  const elsewhere = job.compare ? dependencies.evaluateElsewhere?.({ model: job.model, record, manifest }) : undefined;
  // Thrown where it is waited for: until then a failure must not count as unhandled.
  elsewhere?.loaded.catch(() => undefined);
  const examples = await examplesOfRecord(record, manifest.transform, dependencies.datasetFolders);
  assertWidth(examples.task, manifest.classes, `dataset ${manifest.name}`);

  const { blobs } = dependencies;
  const { audits, ofShards } = await checkAudits(job, manifest, results, dependencies.audits, (names) =>
    MODEL_OWNERS.among(blobs, job.model, names),
  );
  const own = job.compare ? await compileModelOf(blobs, job, manifest, compiledDigest) : undefined;
  const attested = audits?.believed === true ? await attestedPlan(blobs, compiledDigest) : undefined;
  const plan = own?.compiled.plan ?? attested;
  assertEnough(audits, plan, job.evaluation);

  const inClear = own && (await beginInClear(own, { manifest, examples }, elsewhere, dependencies.onProgress));
  const started = performance.now();
  const expected = { manifest, plan, audits: ofShards };
  const decrypted = await decryptAll(expected, record, results, {
    ...dependencies,
    policy: dependencies.audits,
  }).catch(async (error: unknown) => {
    // Refused after the same work as what is accepted.
    await inClear?.outputs().catch(() => undefined);
    throw error;
  });
  const decryptSeconds = (performance.now() - started) / 1000;
  const arrangement = arrangementOf(record, manifest);
  const outputs = valuesOfExamples(arrangement, decrypted, manifest.classes);
  const answers: Answers = {
    task: examples.task,
    link: own?.model.answers.link ?? 'score',
    outputs,
    width: manifest.classes,
  };
  const decisions = decide(answers);

  let comparison: Comparison | undefined;
  if (own !== undefined && inClear !== undefined) {
    const shardOf = (example: number): number => shardOfSlot(manifest, arrangement.slotOf[example] ?? -1);
    const outputs = { inClear: await inClear.outputs() };
    comparison = compareWithModel({ ...own, ...outputs, manifest, examples, answers, decisions, shardOf });
  }
  // After the comparison, which says whose result it is where twins of two shards cannot.
  checkTwins(arrangement, decrypted, manifest);
  const checks = [
    'twins',
    ...(plan?.slotBound === undefined ? [] : ['bound']),
    ...(audits?.believed === true ? ['audit'] : []),
    ...(comparison === undefined ? [] : ['comparison']),
  ];
  const report = composeReport({
    checks,
    audits,
    job,
    manifest,
    record,
    examples,
    results,
    decryptSeconds,
    comparison,
    accuracy: accuracyOf(examples, decisions),
    evaluation: score(examples, answers, record.reading === undefined ? FEW_RESAMPLES : MANY_RESAMPLES),
    slices: scoreSlices(examples, answers),
    margins: marginsOfAnswers(answers, comparison?.compiled.plan.predictedError.bound),
  });
  const kept =
    dependencies.keepOutputs === true ? await keep(job, examples.targetsDigest, answers, dependencies) : undefined;
  return {
    report,
    ...(examples.targets === undefined ? { predictions: predictionsToCsv(examples, answers) } : {}),
    ...(kept === undefined ? {} : { outputs: kept }),
  };
}

/** Sealed here, where they are decrypted: they leave this process under the passphrase only. */
function keep(
  { evaluation, manifest, model }: CollectJob,
  targetsDigest: string,
  answers: Answers,
  { passphrase }: CollectDependencies,
): Promise<Uint8Array> {
  const keptAt = new Date().toISOString();
  const count = answers.outputs.length / answers.width;
  return sealOutputs({ evaluation, keptAt, dataset: manifest, model, targetsDigest, count, ...answers }, passphrase);
}
