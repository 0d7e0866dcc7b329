import { type BatchHeader, openBatchFile, resultToBytes } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import type { Engine, EvaluateOptions } from './engine.js';

/** A shard in a file, and what it is held against. */
export interface ShardFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** The file's SHA-256 as another thread finds it; without it the file is hashed along with reading. */
  readonly actual?: Promise<string> | undefined;
  /** Throws unless the header is that of the shard that was asked for; called before anything is computed. */
  check(header: BatchHeader): void;
}

/**
 * From a shard's file to the bytes of its result. The file is verified before the result counts: hashed as it is read, or apart.
 *
 * @returns the result as it travels
 * @throws IntegrityError for a file of other bytes, and for a shard that is not of this circuit
 */
export async function evaluateFile(
  engine: Engine,
  compiled: CompiledCircuit,
  file: ShardFile,
  options: EvaluateOptions,
): Promise<Uint8Array> {
  using shard = openBatchFile(file.path, file.digest, file.actual !== undefined);
  file.check(shard.header);
  const batch = await engine.evaluate(compiled, shard, options);
  shard.verify(await file.actual);
  return resultToBytes(batch);
}
