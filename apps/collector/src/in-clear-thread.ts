// Entry of the thread that evaluates in the clear while results are fetched and decrypted, one evaluation after another. It has
// neither key nor passphrase, and sees no result.
import { parentPort } from 'node:worker_threads';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { compiledFromJson } from '@ciphernet/compiler';
import { encodeError, parseJson } from '@ciphernet/foundation';
import { loadModel } from '@ciphernet/models';
import { examplesOfRecord } from '@ciphernet/owner-records';
import type { ClearReply, ClearRequest } from './in-clear-messages.js';
import { type ClearOutputs, evaluateInClear } from './in-clear.js';

const reply = (message: ClearReply, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer);

/** Opened once, like the child's own. */
let opened: Promise<BlobStore> | undefined;

async function evaluate({ number, task, from }: ClearRequest): Promise<ClearOutputs> {
  const { model: digest, record, manifest } = task;
  const where = `compiled circuit of model ${digest.slice(0, 12)}`;
  opened ??= openBlobStore(from).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const { plain } = await loadModel(await opened, digest);
  const compiled = compiledFromJson(parseJson(new TextDecoder().decode(task.compiled), where), where);
  const examples = await examplesOfRecord(record, manifest.transform, from.datasetFolders);
  return evaluateInClear({ plain, compiled }, examples, manifest.classes, (done, total) =>
    reply({ kind: 'progress', number, done, total }),
  );
}

async function answer(request: ClearRequest): Promise<void> {
  const { number } = request;
  try {
    const outputs = await evaluate(request);
    reply({ kind: 'outputs', number, outputs }, [outputs.plain.buffer, outputs.quantised.buffer]);
  } catch (error) {
    reply({ kind: 'failed', number, error: encodeError(error) });
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: ClearRequest) => {
  last = last.then(() => answer(request));
});
