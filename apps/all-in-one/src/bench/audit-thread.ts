import { parentPort, workerData } from 'node:worker_threads';
import {
  manifestFromBytes,
  openBatchFile,
  openPackedResult,
  positionListBytes,
  sampleOfResult,
} from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { elementAt } from '@ciphernet/foundation';
import { compileForDataset, loadModel } from '@ciphernet/models';
import { positionsPerPrime } from '@ciphernet/compiler';
import { createListRoom, samplePositions } from '@ciphernet/verification';

/** What an auditing thread is started with. */
export interface AuditThreadStart {
  readonly blobFolder: string;
  readonly model: string;
  readonly manifest: string;
}

/** What it is asked: results of the shards, in their order. It answers with the seconds that checking them took. */
export type AuditTask = readonly string[];

/** Audits as a worker does, on a thread of its own: its memory is not another's to clean up. */
async function main({ blobFolder, model, manifest: address }: AuditThreadStart): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const blobs = await openBlobStore({ blobFolder });
  const manifest = manifestFromBytes(await blobs.get(address), 'benchmark');
  const compiled = compileForDataset(await loadModel(blobs, model), manifest);
  const positions = positionsPerPrime(compiled.plan);
  const room = createListRoom();
  const audit = async (results: AuditTask): Promise<number> => {
    let seconds = 0;
    for (const [index, entry] of manifest.shards.entries()) {
      await using local = await blobs.local(entry.digest, { verify: false });
      const started = performance.now();
      using shard = openBatchFile(local.path);
      const listBytes = positionListBytes(shard.header, shard.seed);
      const positionList = await blobs.get(entry.positions ?? '', listBytes, room(listBytes));
      const { positions: drawn, values } = samplePositions({ compiled, shard, positionList, positions });
      seconds += (performance.now() - started) / 1000;
      const result = openPackedResult(await blobs.get(elementAt(results, index)), 'result');
      if (sampleOfResult(result, drawn) !== values) throw new Error('the result is not what the auditor computed');
    }
    return seconds;
  };
  port.on('message', (results: AuditTask) => {
    void audit(results).then(
      (seconds) => port.postMessage(seconds),
      (error: unknown) => port.postMessage(error instanceof Error ? error.message : 'the audit failed'),
    );
  });
  port.postMessage(0);
}

await main(workerData as AuditThreadStart);
