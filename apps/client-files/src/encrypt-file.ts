import { availableParallelism } from 'node:os';
import { type BatchEntry, batchChunks, writeBatchFile, writeBatchList } from '@ciphernet/artifacts';
import { assertSecure, parametersDigest } from '@ciphernet/ckks';
import { type ClientSide, productCoefficients, productLayout } from '@ciphernet/compiler';
import type { FeatureRows } from '@ciphernet/datasets';
import { InputError, writeFolder } from '@ciphernet/foundation';
import {
  type EncryptionPool,
  type SetEncryption,
  createEncryptionPool,
  encryptCoefficients,
  encryptRows,
  readEncryptionKey,
  startEncryptionThreads,
} from '@ciphernet/keyring';
import { readClientSide } from './client-side-file.js';
import { readExamples } from './read-examples.js';

/** From a file to a folder of encrypted batches. */
export interface EncryptFileOptions {
  /** Folder of keys that were made for the model. */
  readonly keys: string;
  readonly passphrase: string | undefined;
  /** Puts the folder in the place of one that is there. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
}

/** What was written. */
export interface EncryptedFile {
  readonly examples: number;
  readonly batches: number;
  readonly bytes: number;
}

/** @throws InputError for examples of another width */
function assertWidth(rows: FeatureRows, client: ClientSide, where: string): void {
  if (rows.width === client.features) return;
  throw new InputError(`${rows.width} features, the model reads ${client.features}`, {
    where,
    hint: 'give the data that the model was made for',
  });
}

/** Slots in the order of the examples. */
function writeSlots(
  pool: EncryptionPool,
  rows: FeatureRows,
  set: SetEncryption,
  folder: string,
): Promise<BatchEntry[]> {
  let next = 0;
  const inOrder = {
    count: rows.count,
    width: rows.width,
    async readInto(from: number, target: Float32Array) {
      target.set(await rows.read(from, from + target.length / rows.width));
    },
  };
  return encryptRows(pool, inOrder, set, (header, shard) =>
    writeBatchFile(folder, next++, header.images, batchChunks(header, shard.residues)),
  );
}

/** A batch an example. */
async function writeProducts(
  pool: EncryptionPool,
  rows: FeatureRows,
  set: SetEncryption,
  folder: string,
): Promise<BatchEntry[]> {
  const layout = productLayout(rows.width, set.parameters.ringDegree);
  const entries: BatchEntry[] = [];
  for (let n = 0; n < rows.count; n++) {
    const coefficients = productCoefficients(await rows.read(n, n + 1), layout);
    const encrypted = await encryptCoefficients(pool, coefficients, set);
    using shard = encrypted.shard;
    entries.push(await writeBatchFile(folder, n, 1, batchChunks(encrypted.header, shard.residues)));
  }
  return entries;
}

/**
 * Encrypts the examples of a file for a compiled model: what a producer does, with files in the place of store, records and queue. Slots
 * hold the examples in their order, without twins: nobody audits these results.
 *
 * @throws InputError for a file that the model cannot read, for keys of another model, and for an output that is there already
 */
export async function encryptFile(input: string, output: string, options: EncryptFileOptions): Promise<EncryptedFile> {
  const { keys, passphrase, replace, signal } = options;
  const client = await readClientSide(keys);
  const { parameters, mode, inputScale } = client;
  assertSecure(parameters, keys);
  // These load while key and examples are read. The few ciphertexts of single examples are made before a second one would have.
  await using threads = startEncryptionThreads(client.packing === 'products' ? 1 : availableParallelism());
  const key = await readEncryptionKey(keys, { mode, parameters, passphrase, mayBeOthers: true });
  const rows = await readExamples(input, client);
  assertWidth(rows, client, input);
  return await writeFolder(output, { replace }, async (folder) => {
    // Coefficients are never transformed four at a time, so what would do that is not compiled.
    const isWide = client.packing !== 'products';
    await using pool = await createEncryptionPool({ parameters, mode, key: key.bytes, isWide }, threads);
    // The pool has it in its own memory, which it zeroes.
    key.bytes.fill(0);
    const set = { parameters, keyFingerprint: key.fingerprint, inputScale, positions: false, signal };
    const write = client.packing === 'products' ? writeProducts : writeSlots;
    const batches = await write(pool, rows, set, folder);
    await writeBatchList(folder, {
      kind: 'examples',
      circuit: client.circuit,
      parametersDigest: parametersDigest(parameters),
      keyFingerprint: key.fingerprint,
      examples: rows.count,
      batches,
    });
    return { examples: rows.count, batches: batches.length, bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}
