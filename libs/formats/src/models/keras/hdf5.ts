import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InputError, printable } from '@ciphernet/foundation';
import type { Hdf5Content, Hdf5Request } from './hdf5-content.js';
import type { Hdf5Reply } from './hdf5-thread.js';

/** Built, also for the tests: a thread loads JavaScript only. */
const THREAD = new URL('../../../dist/models/keras/hdf5-thread.js', import.meta.url);
/** The largest file takes a second; damaged ones may send the C library in circles. */
const MOST_MILLISECONDS = 30_000;
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const HINT = 'save the whole model again with Keras: model.save(...)';

/**
 * Reads text attributes and arrays of floats of an HDF5 file, in a thread that ends with it.
 *
 * @param where names the file in errors
 * @throws InputError for bytes that are no HDF5 file, are damaged, hold more than they have bytes for, or take half a minute
 */
export async function readHdf5(bytes: Uint8Array, request: Hdf5Request, where: string): Promise<Hdf5Content> {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new InputError('is no HDF5 file', { where, hint: HINT });
  }
  const thread = new Worker(THREAD, { workerData: { bytes, request }, stdout: true, stderr: true });
  try {
    const limit = AbortSignal.timeout(MOST_MILLISECONDS);
    const [reply] = (await Promise.race([
      once(thread, 'message', { signal: limit }),
      once(thread, 'exit').then(() => [{ damage: 'its reader gave up' }]),
    ])) as [Hdf5Reply];
    if ('content' in reply) return reply.content;
    if ('refusal' in reply) throw new InputError(printable(reply.refusal), { where, hint: HINT });
    throw new InputError(`is a damaged HDF5 file (${printable(reply.damage.slice(0, 200))})`, { where, hint: HINT });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('cannot be read as an HDF5 file', { where, hint: HINT, cause });
  } finally {
    await thread.terminate();
  }
}
