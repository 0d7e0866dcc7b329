import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(import.meta.url);

/**
 * All code of this project that shapes a result: the engines, the arithmetic below them, and the format that results
 * travel in. A test walks the imports from the engines and the result format and finds this list complete; moving or
 * adding a file without naming it here fails.
 *
 * The compiler's own passes are not in it: a compiled circuit is content-addressed, and its address is part of a result's.
 */
export const RESULT_CODE: Readonly<Record<string, readonly string[]>> = {
  '@ciphernet/artifacts': [
    'batch-bytes.js',
    'batch-file.js',
    'batch-header.js',
    'batch-layout.js',
    'packed-words.js',
    'paired-values.js',
    'read-file.js',
    'residues.js',
    'result-bytes.js',
    'seeded-mask.js',
    'shard-header.js',
    'stored-tiles.js',
    'thread-kernels.js',
    'unseeded.js',
    'verified-files.js',
  ],
  '@ciphernet/ckks': ['ckks-parameters.js', 'noise.js', 'security.js'],
  '@ciphernet/compiler': ['circuit.js', 'circuit-json.js', 'compiled.js', 'plan.js'],
  '@ciphernet/engines': [
    'engine.js',
    'seal/engine.js',
    'wasm/block-table.js',
    'wasm/cores.js',
    'wasm/engine.js',
    'wasm/feature-pairs.js',
    'wasm/finish.js',
    'wasm/helper-threads.js',
    'wasm/helpers.js',
    'wasm/kernels.js',
    'wasm/kernels.wasm',
    'wasm/layout-bytes.js',
    'wasm/layout.js',
    'wasm/program-memory.js',
    'wasm/program.js',
    'wasm/rescale.js',
    'wasm/segments.js',
    'wasm/thread.js',
    'wasm/units.js',
    'wasm/wide.js',
    'wasm/wide.wasm',
    'wasm/work.js',
    'webgpu/adapters.js',
    'webgpu/device.js',
    'webgpu/engine.js',
    'webgpu/evaluation.js',
    'webgpu/known-answers.js',
    'webgpu/lanes.js',
    'webgpu/memory.js',
    'webgpu/quads.js',
    'webgpu/segment-buffers.js',
    'webgpu/segment-runner.js',
    'webgpu/session.js',
    'webgpu/shader-arithmetic.js',
    'webgpu/shaders.js',
    'webgpu/spot-check.js',
    'webgpu/thread-gpus.js',
  ],
  '@ciphernet/ring': [
    'instance.js',
    'modular.js',
    'primes.js',
    'ring-kernels.js',
    'ring-names.js',
    'ring.wasm',
    'roots.js',
    'wide.js',
  ],
  '@ciphernet/seal': [
    'constant-plaintext.js',
    'plaintext-bytes.js',
    'seal-bytes.js',
    'seal-context.js',
    'seal-header.js',
    'version.js',
  ],
};

/** Location of a listed file: beside the package's front door. */
export function resultCodeUrl(name: string, file: string): URL {
  return new URL(file, pathToFileURL(resolve(name)));
}

/**
 * Eight hex digits of the listed files' names and contents.
 *
 * @param read gives a file's bytes; tests put a changed one in
 */
export function codeVersionOf(read: (url: URL) => Uint8Array): string {
  const hash = createHash('sha256');
  for (const [name, files] of Object.entries(RESULT_CODE)) {
    for (const file of files) hash.update(`${name}/${file}\n`).update(read(resultCodeUrl(name, file)));
  }
  return hash.digest('hex').slice(0, 8);
}

let known: string | undefined;

/**
 * Part of every result's address: after an upgrade nothing is found that other code has computed, and no
 * version number has to be raised by hand.
 */
export function codeVersion(): string {
  known ??= codeVersionOf((url) => readFileSync(url));
  return known;
}
