import { setTimeout as sleep } from 'node:timers/promises';
import { DATASET_OWNERS, MODEL_OWNERS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { readPolicy } from '@ciphernet/disclosure';
import {
  IntegrityError,
  UnavailableError,
  asError,
  encodeError,
  errorToLine,
  isUnrecoverable,
} from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import {
  type Consent,
  type OwnerConfiguration,
  assertAsked,
  assertKeepable,
  findConsent,
  isAllowed,
  keepRequest,
  notAllowed,
  openOwnerIdentity,
  outcomeFolder,
  readOutcome,
  readQuarantine,
  recordForgery,
  runOf,
  spendEvaluation,
  writeKeptOutputs,
  writePredictions,
  writeRefusal,
} from '@ciphernet/owner-records';
import {
  COLLECTED,
  type CollectJob,
  type JobProgress,
  QUEUES,
  type QueueBackend,
  parseCollectJob,
} from '@ciphernet/queue';
import { prepareCharts, writeReport } from '@ciphernet/report-view';
import { type Job, UnrecoverableError, type Worker } from 'bullmq';
import { ForgedResult, signersOf } from './answers.js';
import { parseChildren } from './audits.js';
import type { CollectTask } from './child-messages.js';
import { type Collected, type Gathered, gather } from './collect.js';
import { type DecryptionChild, startDecryptionChild } from './decryption-child.js';
import { recordRun } from './record-run.js';

/** What a collector works with. */
export interface CollectorTools {
  readonly backend: QueueBackend;
  readonly blobs: BlobStore;
  readonly configuration: OwnerConfiguration;
  /** Fingerprints of auditors that are believed besides those of the owner's policy: this process's own. */
  readonly auditors?: readonly string[];
  /** Called in this process only: how far a decryption is, is not the queue's business. */
  readonly onProgress?: (evaluation: string, progress: JobProgress) => void;
}

/**
 * Where others see the queue, a collect job takes a whole number of these: how long decrypting and comparing took may
 * depend on decrypted values.
 */
const ROUNDED_MS = 1000;

async function rounded<T>(work: Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work;
  } finally {
    const elapsed = performance.now() - started;
    await sleep(Math.ceil(elapsed / ROUNDED_MS) * ROUNDED_MS - elapsed);
  }
}

/** Of the configuration, what decrypting needs. */
function whatItReads(owner: OwnerConfiguration): CollectTask['owner'] {
  const { blobUrl, blobFolder, blobCache, recordsFolder, datasetFolders, passphrase } = owner;
  return { blobUrl, blobFolder, blobCache, recordsFolder, datasetFolders, passphrase };
}

/** A request without consent, and more of them than are kept: a refusal of each would fill the owner's disk. */
class Flood extends Error {}

/**
 * Collects into the owner's folder: a report, or why there is none.
 *
 * @throws UnavailableError when the store did not answer, before it is known which of the two it is; and what writing a report throws, which
 * refuses nothing
 */
async function conclude(gathered: Gathered, tools: CollectorTools, child: DecryptionChild): Promise<void> {
  const { configuration, onProgress } = tools;
  const { reportsFolder, consentsFolder } = configuration;
  const { evaluation } = gathered.job;
  let collected: Collected;
  try {
    const { manifest, model, compare, audit = false } = gathered.job;
    await assertAsked(configuration, { evaluation, manifest, model, compare, audit });
    const consent = await allowedBy(gathered.job, tools);
    await assertOwn(gathered.job, tools);
    const { auditors, requireAudit, workers, lockAfter, keepOutputs } = await readPolicy(configuration.policyFile);
    // Before the evaluation counts as decrypted: enqueued again with a passphrase, it costs nothing of the budget.
    if (keepOutputs) assertKeepable(configuration.passphrase);
    await spendEvaluation(configuration, consent, evaluation);
    const quarantine = await readQuarantine(consentsFolder);
    // Who trusts a model's owner and wants its audit believes it.
    const owners = consent.audits === 'model-owner' ? consent.modelOwners : [];
    const audits = {
      auditors: [...auditors, ...(tools.auditors ?? []), ...owners],
      required: requireAudit,
      wanted: consent.audits,
    };
    const task = {
      gathered,
      owner: whatItReads(configuration),
      audits,
      workers: { workers, quarantine, lockAfter },
      keepOutputs,
    };
    const collecting = child.collect(task, (progress) => onProgress?.(evaluation, progress));
    prepareCharts();
    collected = await collecting;
  } catch (error) {
    if (encodeError(error).name === 'UnavailableError') throw error;
    if (error instanceof Flood) return;
    if (!(error instanceof ForgedResult)) return writeRefusal(reportsFolder, evaluation, error);
    const workers = signersOf(gathered.results, error.shards);
    await recordForgery(consentsFolder, { dataset: gathered.job.manifest, evaluation, workers });
    return writeRefusal(reportsFolder, evaluation, error.reason);
  }
  // A disk that fails here refuses nothing: what was accepted is written when the job comes again.
  const { report, predictions, outputs } = collected;
  const folder = outcomeFolder(reportsFolder, evaluation);
  if (predictions !== undefined) await writePredictions(folder, predictions);
  if (outputs !== undefined) await writeKeptOutputs(folder, outputs);
  await writeReport(folder, report);
}

/** @throws IntegrityError for a dataset that this data folder's owner has not signed */
async function assertOwn({ manifest }: CollectJob, { configuration, blobs }: CollectorTools): Promise<void> {
  const owner = identityFingerprint((await openOwnerIdentity(configuration)).publicKey);
  if ((await DATASET_OWNERS.among(blobs, manifest, [owner])).has(owner)) return;
  throw new IntegrityError('the dataset in the store is not signed by its owner', {
    where: `dataset ${manifest.slice(0, 12)}, owner ${owner.slice(0, 16)}…`,
    hint: `if it is yours, of an earlier version: ciphernet dataset sign ${manifest}`,
  });
}

/**
 * The consent that allows an evaluation.
 *
 * @throws InputError for a model that the owner has not allowed on the dataset; the request is kept for the owner
 */
async function allowedBy(
  { evaluation, manifest, model }: CollectJob,
  { configuration: owner, blobs }: CollectorTools,
): Promise<Consent> {
  const consent = await findConsent(owner, manifest);
  const owners = await MODEL_OWNERS.among(blobs, model, consent?.modelOwners ?? []);
  if (consent !== undefined && isAllowed(consent, { model, run: runOf(evaluation), owners })) return consent;
  if (!(await keepRequest(owner.requestsFolder, { dataset: manifest, model, evaluation }))) throw new Flood();
  throw notAllowed(manifest, model);
}

/** What depends on public things only, and may fail with its reason where everybody reads it. */
async function gatherJob(job: Job, blobs: BlobStore): Promise<Gathered> {
  try {
    const data = parseCollectJob(job.data);
    const results = parseChildren(data, Object.values(await job.getChildrenValues<unknown>()));
    return await gather(data, results, Object.values(await job.getIgnoredChildrenFailures()), blobs);
  } catch (error) {
    // A missing shard stays missing: the evaluation has failed, with its reason.
    if (isUnrecoverable(error) || encodeError(error).name === 'EvaluationError') {
      throw new UnrecoverableError(errorToLine(error));
    }
    throw asError(error);
  }
}

async function collectJob(job: Job, tools: CollectorTools, child: DecryptionChild): Promise<typeof COLLECTED> {
  const { reportsFolder } = tools.configuration;
  const gathered = await gatherJob(job, tools.blobs);
  const { evaluation } = gathered.job;
  try {
    // Written once: a job that comes again under its id, by a retry or by another's hand, changes nothing.
    if ((await readOutcome(reportsFolder, evaluation)) === undefined) await conclude(gathered, tools, child);
  } catch (error) {
    // The owner's disk, a file of the owner's that is damaged, or a store that does not answer: which, and where, is not for the queue.
    process.stderr.write(`collector: ${evaluation}: ${errorToLine(error)}\n`);
    throw new UnavailableError('the outcome could not be recorded', {
      where: evaluation,
      hint: 'the collector says why; it is tried again',
    });
  }
  return COLLECTED;
}

/**
 * Starts the collector: the only role besides the producer that touches keys. What others returned is parsed and decrypted
 * in a child that can be killed.
 *
 * Reports and refusals go into the owner's folder. The queue hears one word in either case, after a rounded time.
 */
export function startCollector(tools: CollectorTools): Worker[] {
  const { backend, configuration } = tools;
  const tuning = { concurrency: 1, lockDuration: 30_000, maxStalledCount: 3 };
  const child = startDecryptionChild();
  // Nobody but this process sees an embedded queue.
  const isShared = backend.kind !== 'embedded';
  return [
    backend.worker(
      QUEUES.collect,
      (job: Job) => (isShared ? rounded(collectJob(job, tools, child)) : collectJob(job, tools, child)),
      tuning,
    ),
    backend.worker(QUEUES.record, (job: Job) => recordRun(job, configuration), tuning),
  ];
}
