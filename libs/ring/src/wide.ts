import { setFlagsFromString } from 'node:v8';
import { type WasmModule, compileWasm } from './instance.js';

/** V8 13.6, of Node 24, is the first one that merges pairs of the instructions that nearly all the work is in. */
const FIRST_MAJOR = 24;

/** Optimised at once, and with pairs of 128-bit operations merged into 256-bit ones where the processor has AVX2. */
const WIDE = ['--experimental-wasm-revectorize', '--no-liftoff', '--no-wasm-lazy-compilation'];
const USUAL = ['--no-experimental-wasm-revectorize', '--liftoff', '--wasm-lazy-compilation'];

function isKnown(): boolean {
  const { v8_enable_wasm_simd256_revec: isBuilt } = process.config.variables as unknown as Record<string, unknown>;
  return process.arch === 'x64' && isBuilt === 1 && Number(process.versions.node.split('.')[0]) >= FIRST_MAJOR;
}

/**
 * Compiles a module in vectors of 256 bits. What V8 calls experimental is on while this module is compiled, for the whole process: keep it
 * to the functions that need it, and hold their results against those of the usual compilation.
 *
 * @returns undefined where this V8 can't
 */
export function compileWide(path: URL): WasmModule | undefined {
  if (!isKnown()) return undefined;
  for (const flag of WIDE) setFlagsFromString(flag);
  try {
    return compileWasm(path);
  } finally {
    for (const flag of USUAL) setFlagsFromString(flag);
  }
}
