import type { PlainRuntime } from './interpret.js';

/** A runtime that is opened where it is first used, and again after it was closed. */
export interface OpenedWhenUsed {
  runtime(): Promise<PlainRuntime>;
  /** Gives its memory back, where it has some. */
  close(): Promise<void>;
}

export function openedWhenUsed(open: () => Promise<PlainRuntime>): OpenedWhenUsed {
  let opened: Promise<PlainRuntime> | undefined;
  return {
    runtime: () => (opened ??= open()),
    async close() {
      const closed = opened;
      opened = undefined;
      await (await closed)?.close();
    },
  };
}
