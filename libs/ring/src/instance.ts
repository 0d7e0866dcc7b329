import { readFileSync } from 'node:fs';

/** Bytes of a WebAssembly page. */
export const PAGE_BYTES = 65_536;
/** The modules' own static data lies below this. */
export const FIRST_FREE = 65_536;
/** What allocations are aligned to. */
export const CACHE_LINE = 64;

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
  /**
   * An instance of another module on this memory, which must have no static data of its own.
   *
   * @typeParam Exports the functions that the module exports
   */
  attach<Exports extends object>(module: WasmModule): Exports;
}

/** A compiled module that imports its memory as `env.memory`. */
export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

/** Reads and compiles a module, under the flags that V8 has now. */
export function compileWasm(path: URL): WasmModule {
  return new WebAssembly.Module(readFileSync(path));
}

/** A memory that threads share; a message to a thread carries it. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** Makes it larger by so many pages; what is there stays where it is, and views of it stay valid. */
  grow(pages: number): number;
}

/** The largest memory that 32-bit offsets reach. */
export const MOST_PAGES = 65_536;

/** A shared memory of at least so many bytes, zeroed. */
export function createSharedMemory(bytes: number): SharedMemory {
  const initial = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial, maximum: MOST_PAGES, shared: true }) as unknown as SharedMemory;
}

/**
 * An instance of a module on a memory that the caller lays out.
 *
 * @typeParam Exports the functions that the module exports
 */
export function instanceOn<Exports extends object>(module: WasmModule, memory: SharedMemory): Exports {
  const imports = { env: { memory: memory as unknown as WebAssembly.Memory } };
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}

/**
 * Makes instances of a module on a memory that the caller lays out, from {@link FIRST_FREE} on; compiled once a
 * thread. Several threads' instances may share it.
 *
 * @param path a module that imports its memory as `env.memory`
 * @typeParam Exports the functions that the module exports
 */
export function wasmOnMemory<Exports extends object>(path: URL): (memory: SharedMemory) => Exports {
  const compile = moduleOf(path);
  return (memory) => instanceOn<Exports>(compile(), memory);
}

/** Reads and compiles a module at the first call. */
function moduleOf(path: URL): () => WebAssembly.Module {
  let compiled: WebAssembly.Module | undefined;
  return () => (compiled ??= new WebAssembly.Module(readFileSync(path)));
}

/**
 * Makes instances of a module; its file is read and compiled once a thread, at the first call.
 *
 * @param path a module that imports its memory as `env.memory`
 * @typeParam Exports the functions that the module exports
 */
export function wasmFactory<Exports extends object>(path: URL): () => Exports & WasmMemory {
  const compile = moduleOf(path);
  return () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    let top = FIRST_FREE;
    return {
      ...(new WebAssembly.Instance(compile(), { env: { memory } }).exports as unknown as Exports),
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
      attach: <Attached extends object>(module: WasmModule) =>
        new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Attached,
    };
  };
}
