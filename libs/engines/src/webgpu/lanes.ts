import { settleAll } from '@ciphernet/foundation';
import { BUFFER_USAGE, MAP_READ, MAP_WRITE } from './device.js';

/**
 * What a piece takes on the host: memory that the device copies its features from, and memory that it copies its results to. Both
 * are made once and mapped anew for each piece: a queue's `writeBuffer` takes fresh pages for each, which on an H200 cost more
 * than everything else did.
 */
export interface Lane extends Disposable {
  /** Of the features' words. */
  readonly upload: GPUBuffer;
  /** Of the results' words. */
  readonly readback: GPUBuffer;
  /** Memory of `upload`, to be written in order and not read: the device's view of it may not be cached. Valid until `close`. */
  readonly words: () => Uint32Array<ArrayBuffer>;
  /** Ends writing: from here on the device may copy. */
  close(): void;
  /** Resolves when the device has copied from `upload`, which is open again, and `take` was given what it copied to `readback`. */
  settle(take: (words: Uint32Array) => void): Promise<void>;
}

/**
 * @param size bytes of features and of results, multiples of four
 * @param explain the error for a map that the device refuses
 */
export function createLane(
  device: GPUDevice,
  size: { readonly input: number; readonly output: number },
  explain: (cause: unknown) => Error,
): Lane {
  const upload = device.createBuffer({
    size: size.input,
    usage: BUFFER_USAGE.mapWrite | BUFFER_USAGE.copySource,
    mappedAtCreation: true,
  });
  const readback = device.createBuffer({
    size: size.output,
    usage: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget,
  });
  const mapped = async (buffer: GPUBuffer, mode: number): Promise<Uint32Array<ArrayBuffer>> => {
    try {
      await buffer.mapAsync(mode);
      return new Uint32Array(buffer.getMappedRange());
    } catch (cause) {
      throw explain(cause);
    }
  };
  let words = new Uint32Array(upload.getMappedRange());
  const open = async (): Promise<void> => {
    words = await mapped(upload, MAP_WRITE);
  };
  const read = async (take: (words: Uint32Array) => void): Promise<void> => {
    const results = await mapped(readback, MAP_READ);
    try {
      take(results);
    } finally {
      readback.unmap();
    }
  };
  return {
    upload,
    readback,
    words: () => words,
    close() {
      upload.unmap();
    },
    // Whatever becomes of the results, the memory is open again before the lane is used for another piece.
    settle: (take) => settleAll([read(take), open()]),
    [Symbol.dispose]() {
      upload.destroy();
      readback.destroy();
    },
  };
}
