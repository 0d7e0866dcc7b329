import { type BatchFile, type BatchHeader, openBatchFile, resultToBytes } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import type { Engine, EvaluateOptions } from './engine.js';

/** A shard in a file, and what it is held against. */
export interface ShardFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Starts to hash the file on another thread; without it, it is hashed along with reading. Called when the file is open. */
  readonly hash?: (path: string) => Promise<string>;
  /** Throws unless the header is that of the shard that was asked for; called before anything is computed. */
  check(header: BatchHeader): void;
}

/** A shard's file, open and about to be verified. */
export interface OpenShard extends Disposable {
  readonly shard: BatchFile;
  /** The file's SHA-256 as another thread finds it. */
  readonly actual: Promise<string> | undefined;
}

/** Opens a shard's file, checks its header, and has it hashed. @throws IntegrityError for a shard that is not of this circuit */
export function openShard(file: ShardFile): OpenShard {
  const { path, digest, hash } = file;
  const shard = openBatchFile(path, digest, hash !== undefined);
  try {
    file.check(shard.header);
    return { shard, actual: hash?.(path), [Symbol.dispose]: () => shard[Symbol.dispose]() };
  } catch (error) {
    shard[Symbol.dispose]();
    throw error;
  }
}

/**
 * From a shard that is open to the bytes of its result. The file is verified before the result counts: hashed as it is read, or apart.
 *
 * @returns the result as it travels
 * @throws IntegrityError for a file of other bytes
 */
export async function evaluateShard(
  engine: Engine,
  compiled: CompiledCircuit,
  { shard, actual }: OpenShard,
  options: EvaluateOptions,
): Promise<Uint8Array> {
  const batch = await engine.evaluate(compiled, shard, options);
  shard.verify(await actual);
  return resultToBytes(batch);
}

/** {@link openShard} and {@link evaluateShard} in one. */
export async function evaluateFile(
  engine: Engine,
  compiled: CompiledCircuit,
  file: ShardFile,
  options: EvaluateOptions,
): Promise<Uint8Array> {
  using open = openShard(file);
  return await evaluateShard(engine, compiled, open, options);
}
