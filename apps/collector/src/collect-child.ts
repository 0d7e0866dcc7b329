import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { encodeError } from '@ciphernet/foundation';
import { ForgedResult } from './answers.js';
import type { CollectReply, CollectTask } from './child-messages.js';
import { createClearThread } from './clear-thread.js';
import { collect } from './collect.js';

/**
 * Entry of the child that parses and decrypts what workers returned, one evaluation after another. It can be killed: the
 * parent has the queue, the locks and the clock. Keys and labels are read here, from the owner's files.
 */
function reply(message: CollectReply): void {
  process.send?.(message);
}

/** Opened once: an S3 store has connections of its own, and opening it asks whether it is there. */
let opened: Promise<BlobStore> | undefined;

function storeOf(owner: CollectTask['owner']): Promise<BlobStore> {
  opened ??= openBlobStore(owner).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

const inClear = createClearThread();

async function run({ gathered, owner, audits, workers, keepOutputs = false }: CollectTask): Promise<void> {
  try {
    const collected = await collect(gathered, {
      ...owner,
      blobs: await storeOf(owner),
      audits,
      workers,
      keepOutputs,
      evaluateElsewhere: inClear.for(owner),
      onProgress: (progress) => reply({ kind: 'progress', progress }),
    });
    reply({ kind: 'report', collected });
  } catch (error) {
    if (error instanceof ForgedResult) {
      reply({ kind: 'forged', error: encodeError(error.reason), shards: error.shards });
    } else reply({ kind: 'failed', error: encodeError(error) });
  }
}

process.on('message', (task: CollectTask) => void run(task));
// The parent hears Ctrl-C too, and ends this process by letting go of it.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
