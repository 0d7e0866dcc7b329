import { type Arrangement, arrange, compareTwins, twinTolerance, valuesOfExamples } from '@ciphernet/arrangement';
import {
  type DatasetManifest,
  HEADER_READ_BYTES,
  MODEL_OWNERS,
  batchFromBytes,
  manifestFromBytes,
  mostResultBytes,
  parseHeader,
} from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type Plan, planOfCompiled } from '@ciphernet/compiler';
import { type Dataset, type LoadOptions, loadDataset, takeExamples } from '@ciphernet/datasets';
import {
  EvaluationError,
  IntegrityError,
  asError,
  encodeError,
  nameOf,
  parseJson,
  sha256Hex,
} from '@ciphernet/foundation';
import { createResultDecryptor, readSecretKey } from '@ciphernet/keyring';
import { fractionEqual, predictionsOf } from '@ciphernet/network';
import { type DatasetRecord, readDatasetRecord } from '@ciphernet/owner-records';
import type { CollectJob, JobProgress } from '@ciphernet/queue';
import { type Report, confusionMatrix, marginsOf } from '@ciphernet/report';
import { ForgedResult, type WorkerPolicy, assertUnlocked, checkAnswers } from './answers.js';
import { type AuditPolicy, type ShardResult, checkAudits } from './audits.js';
import { type Expected, checkResult, checkSlots } from './check-result.js';
import { type Comparison, compareWithModel, compileModelOf } from './compare.js';
import { composeReport } from './compose-report.js';

/** What collecting needs besides the job. */
export interface CollectDependencies {
  readonly blobs: BlobStore;
  readonly recordsFolder: string;
  readonly datasetFolders: LoadOptions;
  readonly passphrase: string | undefined;
  readonly audits: AuditPolicy;
  readonly workers: WorkerPolicy;
  readonly onProgress?: (progress: JobProgress) => void;
}

async function loadLabels(record: DatasetRecord, manifest: DatasetManifest, folders: LoadOptions): Promise<Dataset> {
  const dataset = takeExamples(await loadDataset(record.dataset, record.split, folders), record.images);
  if (dataset.count !== record.images || dataset.classes > manifest.classes) {
    const labels = `the labels are of ${dataset.count} images and ${dataset.classes} classes`;
    throw new IntegrityError(`${labels}, the dataset had ${record.images} and ${manifest.classes}`, {
      where: `dataset ${manifest.name}`,
      hint: 'the dataset changed after it was encrypted: encrypt it again',
    });
  }
  if (sha256Hex(dataset.labels) !== record.labels) {
    throw new IntegrityError('the labels are not those that the dataset was encrypted with', {
      where: `dataset ${manifest.name}, ${record.dataset}`,
      hint: 'restore the label file, or encrypt the dataset again with the new labels',
    });
  }
  return dataset;
}

/** Logits of all slots in use, slots × classes. They live in this process only. */
async function decryptAll(
  expected: Expected,
  record: DatasetRecord,
  results: readonly ShardResult[],
  dependencies: CollectDependencies,
): Promise<Float64Array> {
  const { manifest } = expected;
  const key = await readSecretKey(record.keys, dependencies.passphrase);
  using decryptor = await createResultDecryptor(key);
  const logits = new Float64Array(manifest.images * manifest.classes);
  // Every result is fetched whatever came of those before it: what the store sees does not depend on decrypted values.
  let refusal: Error | undefined;
  const forged: number[] = [];
  let at = 0;
  for (const { shard, result } of results) {
    const where = `result of shard ${shard}`;
    const images = manifest.shards[shard]?.images ?? 0;
    // Certain of the bytes that the worker signed only: what the store does to them on the way is not the worker's doing.
    let isOfWorker = false;
    try {
      const bytes = await dependencies.blobs.get(result, mostResultBytes(manifest));
      isOfWorker = true;
      const parsed = parseHeader(bytes.subarray(0, HEADER_READ_BYTES), bytes.length, where);
      checkResult(parsed.header, expected, shard, where);
      const { values, largestSlot } = decryptor.decrypt(batchFromBytes(bytes, parsed, where), where);
      logits.set(values, at);
      // Private data out of the calibrated range goes beyond the bound as well: refused, and nobody is blamed.
      isOfWorker = false;
      checkSlots(largestSlot, expected, where);
    } catch (error) {
      if (encodeError(error).name === 'UnavailableError') throw error;
      refusal ??= asError(error);
      if (isOfWorker) forged.push(shard);
    }
    at += images * manifest.classes;
    dependencies.onProgress?.({ stage: 'decrypt', done: at, total: logits.length });
  }
  if (forged.length > 0) throw new ForgedResult(refusal, forged);
  if (refusal !== undefined) throw refusal;
  if (!logits.every(Number.isFinite)) {
    throw new IntegrityError('a decrypted value is not a number', { where: manifest.name, hint: 'evaluate again' });
  }
  return logits;
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

/** @throws IntegrityError when the manifest has another number of slots than the owner's record gives */
function arrangementOf(record: DatasetRecord, manifest: DatasetManifest): Arrangement {
  const arrangement = arrange(record.images, Buffer.from(record.arrangement, 'hex'));
  if (arrangement.order.length === manifest.images) return arrangement;
  throw new IntegrityError('the manifest does not have the slots of this dataset', { where: manifest.name });
}

/** Which shard a slot is in, by its place among all slots. */
function shardOfSlot({ shards }: DatasetManifest, slot: number): number {
  let end = 0;
  return shards.findIndex(({ images }) => (end += images) > slot);
}

/** @throws ForgedResult when the same example was answered in two ways; certain where both twins are in one shard */
function checkTwins(arrangement: Arrangement, logits: Float64Array, manifest: DatasetManifest): void {
  const { classes } = manifest;
  const tolerance = twinTolerance(logits, classes);
  const { differing, compared } = compareTwins(arrangement, logits, classes, tolerance);
  if (differing.length === 0) return;
  const shards = differing
    .map((pair) => pair.map((slot) => shardOfSlot(manifest, slot)))
    .flatMap(([a = -1, b = -1]) => (a === b ? [a] : []));
  const reason = new IntegrityError(
    `${differing.length} of ${compared} pairs of equal examples were answered differently`,
    {
      where: 'result',
      hint: 'a worker altered the result: evaluate again on other workers, and do not trust these',
    },
  );
  throw new ForgedResult(reason, [...new Set(shards)]);
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
  const manifest = manifestFromBytes(await blobs.get(job.manifest), `dataset ${job.manifest.slice(0, 12)}`);
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
export async function collect(gathered: Gathered, dependencies: CollectDependencies): Promise<Report> {
  const refusal = refusalOf(gathered, dependencies);
  if (refusal === undefined) return decryptAndReport(gathered, dependencies);
  // Who is in quarantine depends on decrypted values, so what the store is asked for, and how long it takes, must not: all is
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
): Promise<Report> {
  const record = await readDatasetRecord(dependencies.recordsFolder, job.manifest);
  const dataset = await loadLabels(record, manifest, dependencies.datasetFolders);

  const { blobs } = dependencies;
  const audits = await checkAudits(job, manifest, results, dependencies.audits, (names) =>
    MODEL_OWNERS.among(blobs, job.model, names),
  );
  const own = job.compare ? await compileModelOf(blobs, job, manifest, compiledDigest) : undefined;
  const attested = audits?.believed === true ? await attestedPlan(blobs, compiledDigest) : undefined;
  const plan = own?.compiled.plan ?? attested;

  const started = performance.now();
  const decrypted = await decryptAll({ manifest, plan }, record, results, dependencies);
  const decryptSeconds = (performance.now() - started) / 1000;
  const arrangement = arrangementOf(record, manifest);
  const logits = valuesOfExamples(arrangement, decrypted, manifest.classes);
  const predictions = predictionsOf(logits, manifest.classes);

  let comparison: Comparison | undefined;
  if (own !== undefined) {
    const shardOf = (example: number): number => shardOfSlot(manifest, arrangement.slotOf[example] ?? -1);
    comparison = await compareWithModel({ ...dependencies, ...own, manifest, dataset, logits, predictions, shardOf });
  }
  // After the comparison, which says whose result it is where twins of two shards cannot.
  checkTwins(arrangement, decrypted, manifest);
  const checks = [
    'twins',
    ...(plan?.slotBound === undefined ? [] : ['bound']),
    ...(audits?.believed === true ? ['audit'] : []),
    ...(comparison === undefined ? [] : ['comparison']),
  ];
  return composeReport({
    checks,
    audits,
    job,
    manifest,
    record,
    dataset,
    results,
    decryptSeconds,
    comparison,
    accuracy: fractionEqual(predictions, dataset.labels),
    margins: marginsOf(logits, manifest.classes, comparison?.compiled.plan.predictedError.bound),
    confusion: confusionMatrix(dataset.labels, predictions, manifest.classes),
  });
}
