import { slotsFor } from '@ciphernet/arrangement';
import {
  mostResultBytes,
  openBatchFile,
  openPackedResult,
  positionListBytes,
  resultToBytes,
} from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { costOf } from '@ciphernet/compiler';
import { engineNamed } from '@ciphernet/engines';
import { median } from '@ciphernet/foundation';
import { compileModel, loadModel } from '@ciphernet/models';
import { createAuditRoom, missLog2, positionsPerPrime, spotCheck } from '@ciphernet/verification';
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

/**
 * Measures evaluation and audit of the same shards in turns. What both do once a model, compiling, counts for neither;
 * fetching and hashing the result and the list counts for the audit.
 */
export async function benchVerification(prepared: PreparedModel, blobs: BlobStore): Promise<VerificationFigures> {
  const { compiled, manifest } = prepared;
  const { plan } = compiled;
  const engine = engineNamed('simd');
  const positions = positionsPerPrime(plan);
  const room = createAuditRoom();
  const most = mostResultBytes(manifest);
  const listBytes = positionListBytes(manifest.parameters);
  const evaluations: number[] = [];
  const audits: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let evaluation = 0;
    let audit = 0;
    for (const shard of manifest.shards) {
      await using local = await blobs.local(shard.digest, { verify: false });
      using source = openBatchFile(local.path, shard.digest);
      let result = '';
      evaluation += await timed(async () => {
        const batch = await engine.evaluate(compiled, source);
        source.verify();
        result = (await blobs.put(resultToBytes(batch))).digest;
      });
      audit += await timed(async () => {
        const packed = openPackedResult(await blobs.get(result, most, room.result(most)), 'result');
        const positionList = await blobs.get(shard.positions ?? '', listBytes, room.positions(listBytes));
        spotCheck({ compiled, shard: source, positionList, result: packed, positions });
      });
    }
    evaluations.push(evaluation);
    audits.push(audit);
  }
  const cheapest = compileModel(await loadModel(blobs, prepared.model), { mode: manifest.mode, verifiable: 'never' });
  const lists = manifest.parameters.primes.length * manifest.parameters.ringDegree * 16;
  const slots = manifest.parameters.ringDegree / 2;
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
