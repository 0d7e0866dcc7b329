import { type BatchList, readBatchBytes, readBatchList } from '@ciphernet/artifacts';
import { parametersDigest, slotsOf } from '@ciphernet/ckks';
import type { ClientSide } from '@ciphernet/compiler';
import { InputError, IntegrityError, writeWhole } from '@ciphernet/foundation';
import {
  type SecretKeyFile,
  assertSameKey,
  checkSlots,
  createResultDecryptor,
  decryptResult,
  readSecretKey,
} from '@ciphernet/keyring';
import { readClientSide } from './client-side-file.js';
import { logitLines, predictionLines } from './output-lines.js';

/** From a folder of encrypted outputs to a file. */
export interface DecryptFileOptions {
  /** Folder of keys that were made for the model. */
  readonly keys: string;
  readonly passphrase: string | undefined;
  /** Outputs as numbers instead of decisions. */
  readonly logits: boolean;
  /** Examples that there have to be, where that is known. */
  readonly expected?: number | undefined;
}

/** Bytes of a header, and of as many words as a result can have. */
function mostBytes({ parameters, outputs, result }: ClientSide): number {
  return 4200 + 4 * outputs * result.components * result.primes * parameters.ringDegree;
}

/** @throws IntegrityError, InputError where the outputs are not of this model, key and number */
function checkList(
  list: BatchList,
  client: ClientSide,
  key: SecretKeyFile,
  expected: number | undefined,
  where: string,
): void {
  assertSameKey(list.keyFingerprint, key.fingerprint, 'what was evaluated', where);
  if (list.circuit !== client.circuit || list.parametersDigest !== parametersDigest(client.parameters)) {
    throw new IntegrityError('the outputs are of another compiled model than the keys', {
      where,
      hint: 'evaluate with the model that the keys were made for, or decrypt with the other keys',
    });
  }
  if (expected === undefined || list.examples === expected) return;
  throw new IntegrityError(`outputs of ${list.examples} examples, ${expected} are expected`, {
    where,
    hint: 'evaluate all that was encrypted, and nothing else',
  });
}

/** Outputs of all batches, examples × outputs. They live in this process only. */
async function decryptAll(
  folder: string,
  list: BatchList,
  client: ClientSide,
  key: SecretKeyFile,
): Promise<Float64Array> {
  using decryptor = await createResultDecryptor(key);
  const { parameters, outputs, result } = client;
  // What a list says is the server's word, and memory is made by it.
  const most = client.packing === 'products' ? 1 : slotsOf(parameters);
  const beyond = list.batches.find(({ examples }) => examples > most);
  if (beyond !== undefined) {
    throw new IntegrityError(`a batch of ${beyond.examples} examples, at most ${most} fit one`, {
      where: `${folder}/${beyond.file}`,
      hint: 'evaluate again; the list is damaged, or forged',
    });
  }
  const values = new Float64Array(list.examples * outputs);
  let at = 0;
  for (const entry of list.batches) {
    const where = `${folder}/${entry.file}`;
    const bytes = await readBatchBytes(folder, entry, mostBytes(client));
    // An example that has its ciphertexts to itself has all of their slots.
    const isConstant = client.packing === 'products';
    const images = isConstant ? slotsOf(parameters) : entry.examples;
    const shard = { parameters, keyFingerprint: key.fingerprint, images, outputs };
    const decrypted = decryptResult(decryptor, bytes, shard, { ...result, isConstant }, { shard: 'this batch', where });
    checkSlots(decrypted.largestSlot, result.slotBound, where);
    if (decrypted.values.length !== entry.examples * outputs) {
      throw new IntegrityError('the batch holds another number of examples than the list says', {
        where,
        hint: 'evaluate again',
      });
    }
    values.set(decrypted.values, at);
    at += decrypted.values.length;
  }
  if (values.every(Number.isFinite)) return values;
  throw new IntegrityError('a decrypted value is not a number', { where: folder, hint: 'evaluate again' });
}

/**
 * Decrypts the outputs of a folder: what a collector does, with files in the place of store, records and queue.
 *
 * @returns examples whose outputs were written
 * @throws InputError for a folder that is none, IntegrityError for outputs of another key, model or number, or that are damaged
 */
export async function decryptFile(input: string, output: string, options: DecryptFileOptions): Promise<number> {
  const { keys, passphrase, logits, expected } = options;
  const client = await readClientSide(keys);
  if (!logits && client.task === 'regression') {
    throw new InputError('the model is a regression: it decides nothing', {
      where: keys,
      hint: 'read what --logits means, and give it',
    });
  }
  const list = await readBatchList(input, 'outputs');
  const key = await readSecretKey(keys, passphrase);
  checkList(list, client, key, expected, input);
  const values = await decryptAll(input, list, client, key);
  const lines = logits ? logitLines(values, client.outputs) : predictionLines(values, client);
  // As private as the data.
  await writeWhole(output, lines, { mode: 0o600 });
  return list.examples;
}
