import { type Progress, type ProgressBoard, type Session, untilStopped } from '@ciphernet/command-line';
import { explainPlan } from '@ciphernet/compiler';
import type { Dashboard } from '@ciphernet/dashboard';
import { writeWhole } from '@ciphernet/foundation';
import { type EncryptionThreads, startEncryptionThreads } from '@ciphernet/keyring';
import { type Model, compileModel } from '@ciphernet/models';
import { dashboardPassword } from '@ciphernet/operator';
import {
  type Accepted,
  awaitOutcome,
  encryptWithProgress,
  enqueueAsked,
  ensureKeys,
  filesText,
  ringFor,
} from '@ciphernet/owner';
import { allow, loadOwnerConfiguration } from '@ciphernet/owner-records';
import type { EncryptionRequest } from '@ciphernet/producer';
import { type JobProgress, newEvaluationId } from '@ciphernet/queue';
import { reportToJson, reportToText } from '@ciphernet/report';
import type { RunOptions } from './commands/run.js';

/** What is encrypted, and how it is found again. */
export type EncryptedData = Pick<EncryptionRequest, 'examples' | 'source' | 'reading' | 'outputs'>;

/** A manifest's address, and how many shards it names. */
export interface EncryptedDigest {
  readonly digest: string;
  readonly shards: number;
}

/** Plans for the model, makes keys where there are none, and encrypts. @param ahead threads that were started before, which it ends */
export async function encryptForModel(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  data: EncryptedData,
  model: Model,
  ahead?: EncryptionThreads,
): Promise<EncryptedDigest> {
  const { blobs, signal } = session;
  const owner = loadOwnerConfiguration();
  // They load while one core plans.
  await using threads = ahead ?? startEncryptionThreads(owner.cores);
  const { plan, circuit } = compileModel(model, { mode: options.mode, ring: ringFor(options) });
  if (options.explain) process.stderr.write(`${explainPlan(plan, circuit)}\n`);
  const keys = await ensureKeys(owner, plan.parameters);
  const request = {
    ...data,
    parameters: plan.parameters,
    inputScale: plan.inputScale,
    mode: options.mode,
    encryptor: options.encryptor,
  };
  const encrypted = await encryptWithProgress(request, keys, { owner, blobs, signal, board }, threads);
  return { digest: encrypted.digest, shards: encrypted.manifest.shards.length };
}

/** Shows decrypting and comparing, once they begin. */
export function collecting(board: ProgressBoard): (evaluation: string, progress: JobProgress) => void {
  let shown: Progress | undefined;
  return (_evaluation, { stage, done, total }) => {
    shown ??= board.start('collect', '');
    shown.update(done, total, stage);
    if (stage === 'compare' && done === total) shown.finish('decrypted and compared');
  };
}

/** Allows, enqueues and waits: what came of an evaluation. */
export async function evaluate(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  { digest: model, isSealed }: Pick<Model, 'digest' | 'isSealed'>,
  dataset: EncryptedDigest & { readonly images: number },
): Promise<Accepted> {
  const { backend, signal } = session;
  const evaluation = newEvaluationId();
  const owner = loadOwnerConfiguration();
  await allow(owner, dataset.digest, { models: [model] });
  await enqueueAsked(owner, backend, evaluation, {
    manifest: dataset.digest,
    shards: dataset.shards,
    model,
    engine: options.engine,
    // A sealed model is its owner's workers' to read: there is nothing to compare with.
    compare: !isSealed,
    audit: options.audit,
  });
  const progress = board.start('infer', 'examples');
  const tools = { backend, reportsFolder: owner.reportsFolder, signal };
  const accepted = await awaitOutcome(evaluation, dataset.shards, tools, (fraction) =>
    progress.update(fraction * dataset.images, dataset.images),
  );
  const { images, seconds } = accepted.report;
  progress.finish(`${images} examples in ${seconds.infer.toFixed(2)} s`);
  return accepted;
}

/** A dashboard of this process's queue. */
export async function openDashboard(
  session: Session,
  port: number,
): Promise<Dashboard & { untilStopped(): Promise<void> }> {
  const { backend, blobs } = session;
  const settings = { host: '127.0.0.1', port, password: dashboardPassword(), readOnly: false };
  const { startDashboard } = await import('@ciphernet/dashboard');
  const dashboard = await startDashboard(backend, blobs, settings);
  process.stderr.write(`dashboard: ${dashboard.url}\n`);
  return Object.assign(dashboard, {
    async untilStopped() {
      process.stderr.write(`\ndashboard: ${dashboard.url} until Ctrl-C\n`);
      await untilStopped(session.signal);
    },
  });
}

/** Prints a report and where it is; writes it to a file as well where one is named. */
export async function showReport({ report, folder }: Accepted, json: string | undefined): Promise<void> {
  if (json !== undefined) await writeWhole(json, reportToJson(report));
  process.stdout.write(`\n${reportToText(report)}\n\n${filesText(folder)}`);
}
