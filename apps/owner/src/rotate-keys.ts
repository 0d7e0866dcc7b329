import { randomUUID } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fetchManifest } from '@ciphernet/artifacts';
import { InputError } from '@ciphernet/foundation';
import { expiryIn, generateKeys, hasKeyFiles, readPublicKey, writeKeyFiles } from '@ciphernet/keyring';
import {
  type DatasetRecord,
  allow,
  examplesOfRecord,
  findConsent,
  readDatasetRecords,
  termsOf,
  writeDatasetRecord,
} from '@ciphernet/owner-records';
import { type OwnerTools, encryptWithProgress } from './encryption.js';

/** Where keys go that nothing is encrypted with any more; what was encrypted with them is decrypted from there. */
const retiredPrefix = (folder: string): string => `${folder}-retired-`;

/** Datasets under retired keys of this folder that have not been encrypted again: of a rotation that was interrupted, too. */
async function pendingDatasets(recordsFolder: string, folder: string): Promise<DatasetRecord[]> {
  const records = await readDatasetRecords(recordsFolder);
  const replaced = new Set(records.map(({ replaces }) => replaces));
  return records.filter(
    ({ keys, manifest }) => resolve(keys).startsWith(retiredPrefix(folder)) && !replaced.has(manifest),
  );
}

/** New keys that an interrupted rotation has made and not put in their place. */
async function stagedKeys(folder: string): Promise<string | undefined> {
  const names = await readdir(dirname(folder)).catch(() => []);
  const name = names.find((entry) => entry.startsWith(`${basename(folder)}-new-`));
  return name === undefined ? undefined : join(dirname(folder), name);
}

/**
 * Makes new keys in the place of those of a folder. The old ones move to a folder beside it, where the owner's records find
 * them; nothing is deleted. Wherever it stops, a second call goes on from there.
 */
async function replaceKeys(folder: string, days: number, { owner }: Pick<OwnerTools, 'owner'>): Promise<void> {
  let staged = await stagedKeys(folder);
  if (hasKeyFiles(folder)) {
    const { parameters, fingerprint } = await readPublicKey(folder);
    if (staged === undefined) {
      staged = `${folder}-new-${fingerprint.slice(0, 16)}`;
      // Under a name that is not looked for until both files are whole.
      const making = `${folder}-making-${randomUUID()}`;
      await writeKeyFiles(making, await generateKeys(parameters), owner.passphrase, expiryIn(days));
      await rename(making, staged);
    }
    const retired = `${retiredPrefix(folder)}${fingerprint.slice(0, 16)}`;
    for (const record of await readDatasetRecords(owner.recordsFolder)) {
      if (resolve(record.keys) === folder) await writeDatasetRecord(owner.recordsFolder, { ...record, keys: retired });
    }
    await rename(folder, retired);
  }
  if (staged === undefined)
    throw new InputError('no keys', { where: folder, hint: 'make some: ciphernet keys create' });
  await rename(staged, folder);
}

async function encryptAgain(record: DatasetRecord, folder: string, tools: OwnerTools): Promise<string> {
  const { owner, blobs } = tools;
  const manifest = await fetchManifest(blobs, record.manifest);
  const { transform, parameters, inputScale, mode, classes } = manifest;
  const examples = await examplesOfRecord(record, transform, owner.datasetFolders);
  const { dataset: source, reading } = record;
  const own = reading === undefined ? {} : { reading };
  const request = { examples, source, ...own, outputs: classes, parameters, inputScale, mode };
  const { digest } = await encryptWithProgress({ ...request, replaces: record.manifest }, folder, tools);
  const consent = await findConsent(owner, record.manifest);
  if (consent !== undefined) await allow(owner, digest, termsOf(consent));
  return digest;
}

/** A dataset that was encrypted again, or why it was not. */
export interface Rotated {
  readonly before: string;
  readonly after?: string;
  readonly error?: unknown;
}

/**
 * Makes new keys and encrypts again, under them, whatever the owner's records name the old ones for. What was allowed on a
 * dataset is allowed on its successor, and what was published about it counts. An interrupted rotation is finished first.
 *
 * @throws InputError when the folder holds no keys
 */
export async function rotateKeys(keys: string, days: number, tools: OwnerTools): Promise<readonly Rotated[]> {
  // However it is spelled: the folders beside it are named by it, and records by where it is.
  const folder = resolve(keys);
  const { recordsFolder } = tools.owner;
  const isStaged = (await stagedKeys(folder)) !== undefined;
  if (isStaged || (await pendingDatasets(recordsFolder, folder)).length === 0) await replaceKeys(folder, days, tools);
  const rotated: Rotated[] = [];
  for (const record of await pendingDatasets(recordsFolder, folder)) {
    try {
      rotated.push({ before: record.manifest, after: await encryptAgain(record, folder, tools) });
    } catch (error) {
      tools.signal.throwIfAborted();
      rotated.push({ before: record.manifest, error });
    }
  }
  return rotated;
}
