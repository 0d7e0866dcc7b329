/** Lets work begin while what is under way stays below a number of bytes, in the order in which it asks. */
export interface ByteGate {
  /** Waits for room. What is larger than the whole gate enters alone. Dispose of the entry when the bytes are free again. */
  readonly enter: (bytes: number) => Promise<Disposable>;
}

/** A gate for `capacity` bytes. */
export function byteGate(capacity: number): ByteGate {
  let used = 0;
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (used > 0 && used + next.bytes > capacity) return;
      waiting.shift();
      used += next.bytes;
      next.start();
    }
  };
  const enter = async (bytes: number): Promise<Disposable> => {
    await new Promise<void>((start) => {
      waiting.push({ bytes, start });
      admit();
    });
    return {
      [Symbol.dispose]: () => {
        used -= bytes;
        admit();
      },
    };
  };
  return { enter };
}
