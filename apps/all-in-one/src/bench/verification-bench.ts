import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { slotsFor } from '@ciphernet/arrangement';
import { openBatchFile, positionListBytes, resultToBytes } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { slotsOf } from '@ciphernet/ckks';
import { costOf, missLog2, positionsPerPrime } from '@ciphernet/compiler';
import { engineNamed } from '@ciphernet/engines';
import { median } from '@ciphernet/foundation';
import { compileModel, loadModel } from '@ciphernet/models';
import type { AuditThreadStart } from './audit-thread.js';
import type { PreparedModel } from './pipeline-bench.js';

/** What checking costs. */
export interface VerificationFigures {
  /** Seconds of auditing every shard over those of evaluating them: one thread each, in turns, medians. */
  readonly share: number;
  readonly auditSeconds: number;
  readonly evaluationSeconds: number;
  readonly positionsPerPrime: number;
  /** log2 of the probability that a forgery within the bound is missed. */
  readonly missLog2: number;
  /** Bytes an example, with twins, zeros and lists of positions, over those of the cheapest plan without any of it. */
  readonly uploadFactor: number;
}

const ROUNDS = 5;

async function timed(work: () => Promise<void> | void): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** An auditing thread's next word. @throws Error when it could not audit */
async function secondsOf(thread: Worker): Promise<number> {
  const [seconds] = (await once(thread, 'message')) as [number | string];
  if (typeof seconds === 'number') return seconds;
  throw new Error(seconds);
}

/**
 * Measures evaluation and audit of the same shards in turns, each on a thread of its own, as workers run them. What both do once
 * a model, compiling, counts for neither; fetching and hashing the list counts for the audit.
 */
export async function benchVerification(
  prepared: PreparedModel,
  blobs: BlobStore,
  blobFolder: string,
): Promise<VerificationFigures> {
  const { compiled, manifest } = prepared;
  const { plan } = compiled;
  const engine = engineNamed('simd');
  const positions = positionsPerPrime(plan);
  const evaluations: number[] = [];
  const audits: number[] = [];
  const start: AuditThreadStart = { blobFolder, model: prepared.model, manifest: prepared.manifestDigest };
  const auditor = new Worker(new URL('./audit-thread.js', import.meta.url), { workerData: start });
  try {
    await secondsOf(auditor);
    for (let round = 0; round <= ROUNDS; round++) {
      let evaluation = 0;
      const results: string[] = [];
      for (const shard of manifest.shards) {
        await using local = await blobs.local(shard.digest, { verify: false });
        using source = openBatchFile(local.path, shard.digest);
        evaluation += await timed(async () => {
          const batch = await engine.evaluate(compiled, source);
          source.verify();
          results.push((await blobs.put(resultToBytes(batch))).digest);
        });
      }
      auditor.postMessage(results);
      const audit = await secondsOf(auditor);
      // The first round warms up the compilers.
      if (round === 0) continue;
      evaluations.push(evaluation);
      audits.push(audit);
    }
  } finally {
    await auditor.terminate();
  }
  const { ring } = manifest.parameters;
  const model = await loadModel(blobs, prepared.model);
  const cheapest = compileModel(model, { mode: manifest.mode, verifiable: 'never', ring });
  const lists = positionListBytes(manifest.parameters);
  const slots = slotsOf(manifest.parameters);
  const perSlot = costOf(plan, compiled.circuit).uploadBytesPerImage + lists / slots;
  const { examples } = prepared;
  return {
    share: median(audits) / median(evaluations),
    auditSeconds: median(audits),
    evaluationSeconds: median(evaluations),
    positionsPerPrime: positions,
    missLog2: missLog2(plan, positions),
    uploadFactor:
      (perSlot * slotsFor(examples)) / examples / costOf(cheapest.plan, cheapest.circuit).uploadBytesPerImage,
  };
}
