import { parentPort, workerData } from 'node:worker_threads';
import { digestColumn } from '@ciphernet/artifacts';
import { InputError, elementAt, encodeError } from '@ciphernet/foundation';
import { type EncryptionKernels, encryptionKernels } from './encryption-kernels.js';
import { GROUP, layOutEncryption } from './encryption-memory.js';
import type { GroupEncryptor, ShardTask, ThreadReply, ThreadStart } from './encryption-task.js';
import { createSealEncryptor } from './seal-encryptor.js';
import { createSimdEncryptor } from './simd-encryptor.js';

/**
 * Pieces that a thread takes from `progress` until none is left or it is told to stop: as many as `most` at a time, towards the end
 * fewer, so that no thread waits long for another; multiples of `least`.
 */
function* pieces(
  progress: Int32Array,
  total: number,
  { most, least = most, threads }: { most: number; least?: number; threads: number },
): Generator<{ first: number; count: number }> {
  while (Atomics.load(progress, 2) === 0) {
    const first = Atomics.load(progress, 0);
    const left = total - first;
    if (left <= 0) return;
    const fair = least * Math.ceil(left / (2 * threads * least));
    const count = Math.min(most, fair, left);
    if (Atomics.compareExchange(progress, 0, first, first + count) !== first) continue;
    yield { first, count };
    Atomics.add(progress, 1, count);
  }
}

/** Our encryptor takes messages of one word: this and the errors stay below 2^31 and the kernels' bounds. */
const MOST_ENCODED = 2 ** 30 - 1;
/** Images that a thread takes at a time where it lays values out. */
const IMAGES = 64;

/** Values of the images that this thread takes, feature by feature. @throws InputError for one that the encryptor does not take */
function transposeValues(start: ThreadStart, kernels: EncryptionKernels, { region, progress }: ShardTask): void {
  const { images, features, residues, values, scale } = region;
  for (const { first, count } of pieces(progress, images, { most: IMAGES, threads: start.threads })) {
    const largest = kernels.transpose(residues, first, first + count, images, features, values);
    // Written so that NaN is too large.
    if (start.encryptor === 'seal' || largest * scale <= MOST_ENCODED) continue;
    Atomics.store(progress, 2, 1);
    throw new InputError(`features of up to ${largest} at a scale of ${scale} take more than 30 bits`, {
      where: 'encryption',
      hint: 'use a smaller scale, or the encryptor `seal`',
    });
  }
}

/** Tiles that a thread takes at a time where it computes digests. */
const TILES = 64;

/** Digests of the positions of the tiles that this thread takes. */
function digestPositions(
  start: ThreadStart,
  kernels: EncryptionKernels,
  { region, progress, positions }: ShardTask,
): void {
  const { parameters, memory, index } = start;
  const { tile, features, residues } = region;
  const rows = region.components * features;
  const columnBytes = 4 * rows;
  const columns = region.columns + index * tile * columnBytes;
  const views = Array.from(
    { length: tile },
    (_, x) => new Uint8Array(memory.buffer, columns + x * columnBytes, columnBytes),
  );
  const list = Buffer.from(positions.buffer, positions.byteOffset, positions.byteLength);
  const tiles = (parameters.primes.length * parameters.ringDegree) / tile;
  for (const { first, count } of pieces(progress, tiles, { most: TILES, threads: start.threads })) {
    for (let at = first; at < first + count; at++) {
      kernels.columns(residues + at * tile * columnBytes, rows, tile, columns);
      for (let x = 0; x < tile; x++) digestColumn(elementAt(views, x), list, at * tile + x);
    }
  }
}

async function main(start: ThreadStart): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const reply = (message: ThreadReply): void => port.postMessage(message);
  const layout = layOutEncryption(start.parameters, start.threads);
  const kernels = encryptionKernels(start.memory);
  let encryptor: GroupEncryptor;
  try {
    const space = elementAt(layout.workspaces, start.index);
    encryptor =
      start.encryptor === 'seal'
        ? await createSealEncryptor(start)
        : createSimdEncryptor({ ...start, kernels, layout, space });
  } catch (error) {
    reply({ kind: 'failed', error: encodeError(error) });
    return;
  }
  port.on('message', (task: ShardTask) => {
    try {
      if (task.kind === 'transpose') transposeValues(start, kernels, task);
      else if (task.kind === 'digest') digestPositions(start, kernels, task);
      else {
        const { region, progress } = task;
        const { threads } = start;
        const taken = pieces(progress, region.features, { most: encryptor.most, least: GROUP, threads });
        for (const { first, count } of taken) {
          encryptor.encrypt(region, first, count);
          const column = 4 * region.images;
          kernels.wipe(region.values + first * column, count * column);
        }
        encryptor.finish();
      }
      reply({ kind: 'done' });
    } catch (error) {
      reply({ kind: 'failed', error: encodeError(error) });
    }
  });
  reply({ kind: 'ready' });
}

await main(workerData as ThreadStart);
