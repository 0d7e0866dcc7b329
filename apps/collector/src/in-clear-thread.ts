// Entry of the thread that evaluates in the clear while results are fetched and decrypted, one evaluation after another. It has
// neither key nor passphrase, and sees no result.
import { parentPort } from 'node:worker_threads';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { compiledFromJson } from '@ciphernet/compiler';
import type { Examples } from '@ciphernet/datasets';
import { encodeError, parseJson } from '@ciphernet/foundation';
import { type PlainModel, loadModel } from '@ciphernet/models';
import { examplesOfRecord } from '@ciphernet/owner-records';
import type { ClearReply, ClearRequest } from './in-clear-messages.js';
import { evaluateInClear } from './in-clear.js';

interface Loaded {
  readonly number: number;
  readonly plain: PlainModel;
  readonly examples: Examples;
  readonly outputs: number;
}

const reply = (message: ClearReply, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer);

/** Opened once, like the child's own. */
let opened: Promise<BlobStore> | undefined;

/** Of the last evaluation that was loaded: one that was given up before it was evaluated makes way for the next. */
let latest: Loaded | undefined;

async function load({ number, task, from }: Extract<ClearRequest, { kind: 'load' }>): Promise<void> {
  const { model: digest, record, manifest } = task;
  latest = undefined;
  opened ??= openBlobStore(from).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const { plain } = await loadModel(await opened, digest);
  const examples = await examplesOfRecord(record, manifest.transform, from.datasetFolders);
  latest = { number, plain, examples, outputs: manifest.classes };
  reply({ kind: 'loaded', number });
}

async function evaluate({ number, compiled: bytes }: Extract<ClearRequest, { kind: 'evaluate' }>): Promise<void> {
  if (latest?.number !== number) throw new Error('evaluation in the clear: the model is not loaded');
  const { plain, examples, outputs: width } = latest;
  latest = undefined;
  const where = 'compiled circuit';
  const compiled = compiledFromJson(parseJson(new TextDecoder().decode(bytes), where), where);
  const outputs = await evaluateInClear({ plain, compiled }, examples, width, (done, total) =>
    reply({ kind: 'progress', number, done, total }),
  );
  reply({ kind: 'outputs', number, outputs }, [outputs.plain.buffer, outputs.quantised.buffer]);
}

async function answer(request: ClearRequest): Promise<void> {
  try {
    await (request.kind === 'load' ? load(request) : evaluate(request));
  } catch (error) {
    reply({ kind: 'failed', number: request.number, error: encodeError(error) });
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: ClearRequest) => {
  last = last.then(() => answer(request));
});
