import { nameOf } from '@ciphernet/foundation';
import { type Engine, assertEvaluable } from '../engine.js';
import { codeVersion } from '../result-code.js';
import { assertKernelsFit } from '../wasm/engine.js';
import type { Gpu } from './device.js';
import type { GpuSession } from './session.js';
import { openThreadGpu } from './thread-gpus.js';

/** Shards between two self-tests, which are far smaller than a shard; every shard is spot-checked besides. */
export const SHARDS_BETWEEN_SELF_TESTS = 16;

/** An engine on a device that is opened, and tested, when it is first needed. */
export type WebgpuEngine = Engine & Disposable;

/**
 * The engine for workers with a GPU: linear maps as sums of `dot4I8Packed` over signed digits in base 256, reduced and squared on
 * the device up to the first rescale (docs/engine.md). What follows a rescale is `simd`'s.
 *
 * A device that is lost, out of memory or wrong rejects the evaluation with a DeviceError, and is opened and tested again for
 * the next. Nothing of a shard whose check failed is ever returned.
 *
 * @param open opens the device
 */
export function createWebgpuEngine(open: () => Promise<Gpu>): WebgpuEngine {
  let session: Promise<GpuSession> | undefined;
  let evaluations = 0;
  let last: Promise<unknown> = Promise.resolve();
  const close = async (): Promise<void> => {
    const closing = session;
    session = undefined;
    (await closing?.catch(() => undefined))?.[Symbol.dispose]();
  };
  const openTested = async (): Promise<GpuSession> => {
    const gpu = await open();
    // Loaded here: workers without a GPU have no use for it.
    const { createSession } = await import('./session.js');
    const opened = createSession(gpu);
    try {
      await opened.selfTest();
      return opened;
    } catch (error) {
      opened[Symbol.dispose]();
      throw error;
    }
  };
  /** One after another: they share the device's buffers. */
  const inTurn = <T>(body: () => Promise<T>): Promise<T> => {
    const turn = last.then(body);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    name: 'webgpu',
    get version() {
      return `webgpu-1 ${codeVersion()}`;
    },
    capabilities: { maxThreads: 1, sharedSources: [] },
    evaluate(compiled, shard, options = {}) {
      return inTurn(async () => {
        assertEvaluable(compiled, shard.header);
        assertKernelsFit(shard.header, 'webgpu');
        options.signal?.throwIfAborted();
        session ??= openTested();
        try {
          const opened = await session;
          const batch = await opened.evaluate(compiled, shard, options);
          // Before this shard's result counts.
          if (++evaluations % SHARDS_BETWEEN_SELF_TESTS === 0) await opened.selfTest();
          return batch;
        } catch (error) {
          if (nameOf(error) === 'DeviceError') await close();
          throw error;
        }
      });
    },
    [Symbol.dispose]() {
      void close();
    },
  };
}

/** The engine on a GPU of this machine, one device a thread. */
export const webgpuEngine: WebgpuEngine = createWebgpuEngine(openThreadGpu);
