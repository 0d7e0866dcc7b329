import { readFileSync } from 'node:fs';

const PAGE_BYTES = 65_536;
/** The modules' own static data lies below this. */
const FIRST_FREE = 65_536;
const CACHE_LINE = 64;

/**
 * A WebAssembly module with a memory of its own, handed out front to back and never given back: it lives for one piece of
 * work. Pointers are byte offsets. Nothing is checked: callers derive every bound before they call.
 */
export interface WasmMemory {
  /** Reserves bytes, aligned to a cache line, zeroed. Memory grows; take views after the last call. */
  allocate(bytes: number): number;
  /** Views over the whole memory; made anew because growing detaches the old ones. */
  u32(): Uint32Array<ArrayBuffer>;
  i32(): Int32Array<ArrayBuffer>;
  i16(): Int16Array<ArrayBuffer>;
  /** Bytes of the memory now. */
  size(): number;
}

/**
 * Makes instances of a module; its file is read and compiled once a thread, at the first call.
 *
 * @param path a module that imports its memory as `env.memory`
 * @typeParam Exports the functions that the module exports
 */
export function wasmFactory<Exports extends object>(path: URL): () => Exports & WasmMemory {
  let compiled: WebAssembly.Module | undefined;
  return () => {
    compiled ??= new WebAssembly.Module(readFileSync(path));
    const memory = new WebAssembly.Memory({ initial: 2 });
    const instance = new WebAssembly.Instance(compiled, { env: { memory } });
    let top = FIRST_FREE;
    return {
      ...(instance.exports as unknown as Exports),
      allocate(bytes: number): number {
        const at = Math.ceil(top / CACHE_LINE) * CACHE_LINE;
        top = at + bytes;
        const missing = top - memory.buffer.byteLength;
        if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
        return at;
      },
      u32: () => new Uint32Array(memory.buffer),
      i32: () => new Int32Array(memory.buffer),
      i16: () => new Int16Array(memory.buffer),
      size: () => memory.buffer.byteLength,
    };
  };
}
