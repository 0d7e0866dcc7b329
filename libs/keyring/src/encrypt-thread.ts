import { type MessagePort, parentPort } from 'node:worker_threads';
import { digestColumn } from '@ciphernet/artifacts';
import { EvaluationError, InputError, elementAt, encodeError } from '@ciphernet/foundation';
import type { SharedMemory } from '@ciphernet/ring';
import { type EncryptionKernels, encryptionKernels } from './encryption-kernels.js';
import { GROUP, GROUPS, layOutEncryption } from './encryption-memory.js';
import type {
  EncryptorName,
  GroupEncryptor,
  ShardTask,
  ThreadReply,
  ThreadRequest,
  ThreadStart,
} from './encryption-task.js';
import { stepClock } from './encryption-steps.js';
import { createSealEncryptor } from './seal-encryptor.js';
import { createSimdEncryptor, takeByFeature } from './simd-encryptor.js';
import { wideKernels } from './wide-kernels.js';

/**
 * Pieces that a thread takes from `progress` until none is left or it is told to stop: as many as `most` at a time, towards the end
 * fewer, so that no thread waits long for another; multiples of `least` but for the last.
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

/** @throws InputError for values that the encryptor does not take */
function checkLargest(
  encryptor: EncryptorName,
  largest: number,
  scale: number,
  piece: { readonly first: number; readonly count: number },
): void {
  // Written so that NaN is too large.
  if (encryptor === 'seal' || largest * scale <= MOST_ENCODED) return;
  const { first, count } = piece;
  throw new InputError(`features of up to ${largest} at a scale of ${scale} take more than 30 bits`, {
    where: `encryption, features ${first} to ${first + count - 1}`,
    hint: 'features are about ±1 where data is like what the model was calibrated on: correct the value, or calibrate on data that has it',
  });
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

/** What a thread does with a task, once it has a key. */
async function encryptorOf(start: ThreadStart): Promise<(task: ShardTask) => void> {
  const layout = layOutEncryption(start.parameters, start.threads);
  const kernels = encryptionKernels(start.memory);
  const space = elementAt(layout.workspaces, start.index);
  const wide = start.wide === undefined ? undefined : wideKernels(start.wide, start.memory);
  const clock = stepClock(start.steps, start.index);
  const encryptor: GroupEncryptor =
    start.encryptor === 'seal'
      ? await createSealEncryptor({ ...start, values: space.values, take: takeByFeature(kernels, space.values) })
      : createSimdEncryptor({ ...start, kernels, layout, space, wide, clock });
  const encrypt = ({ region, progress }: ShardTask): void => {
    const sizes = { most: GROUPS * GROUP, least: GROUP, threads: start.threads };
    try {
      for (const { first, count } of pieces(progress, region.features, sizes)) {
        const largest = clock('values', () => encryptor.take(region, first, count));
        checkLargest(start.encryptor, largest, region.scale, { first, count });
        encryptor.encrypt(region, first, count);
      }
    } finally {
      encryptor.finish();
      kernels.wipe(space.start, space.bytes);
    }
  };
  return (task) => {
    if (task.kind === 'digest') clock('digests', () => digestPositions(start, kernels, task));
    else encrypt(task);
  };
}

/** The least that a page has. */
const PAGE = 4096;

/** Has the system give memory until it is stopped, and changes nothing in it: others may write there already. */
function touch(memory: SharedMemory, stop: Int32Array): void {
  const bytes = new Uint8Array(memory.buffer);
  for (let at = 0; at < bytes.length && Atomics.load(stop, 0) === 0; at += PAGE) Atomics.or(bytes, at, 0);
}

function main(port: MessagePort): void {
  let run: ((task: ShardTask) => void) | undefined;
  const refuse = (what: string): never => {
    throw new EvaluationError(`an encryption thread ${what}`, { where: 'encryption' });
  };
  const answer = async (request: ThreadRequest): Promise<void> => {
    if (request.kind === 'touch') return touch(request.memory, request.stop);
    const reply = (message: ThreadReply): void => port.postMessage(message);
    try {
      if (request.kind === 'task') (run ?? refuse('without a key'))(request.task);
      else if (run === undefined) run = await encryptorOf(request.start);
      else refuse('that has a key already');
      reply({ kind: 'done' });
    } catch (error) {
      // The others need not go on.
      if (request.kind === 'task') Atomics.store(request.task.progress, 2, 1);
      reply({ kind: 'failed', error: encodeError(error) });
    }
  };
  port.on('message', (request: ThreadRequest) => void answer(request));
}

if (parentPort !== null) main(parentPort);
