import { resolve } from 'node:path';
import { DATASET_OWNERS, fetchManifest } from '@ciphernet/artifacts';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { type EncryptionMode, PROFILE_NAMES, type Profile, type RingName, profileNamed } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type OwnDataOptions,
  abortOnSignals,
  addOwnDataOptions,
  createProgressBoard,
  digestArgument,
  integerBetween,
  modeOption,
  ringOption,
} from '@ciphernet/command-line';
import {
  type InputTransform,
  NAMED_DATASETS,
  NO_TRANSFORM,
  examplesOf,
  isOwnData,
  loadDataset,
  loadOwnExamples,
  readingForModel,
  takeExamples,
} from '@ciphernet/datasets';
import { InputError, printable } from '@ciphernet/foundation';
import { ENCRYPTOR_NAMES, type EncryptorName } from '@ciphernet/keyring';
import { assertTakesPixels, compileModel, loadModel } from '@ciphernet/models';
import {
  type OwnerConfiguration,
  defaultKeysFolder,
  loadOwnerConfiguration,
  openOwnerIdentity,
  readDatasetRecord,
} from '@ciphernet/owner-records';
import type { EncryptionRequest } from '@ciphernet/producer';
import { encryptWithProgress } from '../encryption.js';
import { encodeCommand } from './encode.js';
import { inspectCommand } from './inspect.js';
import { type TrainingRoles, trainEncodedCommand } from './train-encoded.js';

interface EncryptOptions extends OwnDataOptions {
  readonly profile: string;
  readonly forModel?: string;
  readonly images?: number;
  readonly split: 'train' | 'test';
  readonly keys?: string;
  readonly mode: EncryptionMode;
  readonly encryptor: EncryptorName;
  readonly ring?: RingName;
  readonly json: boolean;
}

/** Parameters and transform: a profile's, or the plan of the model that will be evaluated. */
async function chooseProfile(
  options: EncryptOptions,
  blobs: BlobStore,
): Promise<Profile & { transform: InputTransform }> {
  const ring = ringFor(options);
  if (options.forModel === undefined)
    return { ...profileNamed(options.profile, ring, options.mode), transform: NO_TRANSFORM };
  const model = await loadModel(blobs, options.forModel);
  assertTakesPixels(model);
  const { parameters, inputScale } = compileModel(model, { mode: options.mode, ring }).plan;
  return { parameters, inputScale, transform: model.record.transform };
}

type Data = Pick<EncryptionRequest, 'examples' | 'source' | 'reading' | 'outputs'>;

interface Prepared {
  readonly data: Data;
  readonly profile: Profile;
}

/** A dataset by its name or a folder of IDX files. */
async function namedData(
  name: string,
  options: EncryptOptions,
  blobs: BlobStore,
  { datasetFolders }: OwnerConfiguration,
): Promise<Prepared> {
  const full = await loadDataset(name, options.split, datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  const { transform, ...profile } = await chooseProfile(options, blobs);
  return { data: { examples: examplesOf(dataset, transform), source: name }, profile };
}

/** A file of own data, preprocessed as the model says that it will be evaluated with. */
async function ownDataFor(name: string, options: EncryptOptions, blobs: BlobStore): Promise<Prepared> {
  if (options.forModel === undefined) {
    throw new InputError('own data is encrypted for a model, which says how it is preprocessed', {
      where: '--for-model',
      hint: 'ask the model’s owner for its digest: ciphernet model import prints it',
    });
  }
  const model = await loadModel(blobs, options.forModel);
  const { record, answers } = model;
  if (record.version !== 3) {
    throw new InputError('the model reads images of a named dataset, not own data', {
      where: `model ${options.forModel.slice(0, 12)}`,
      hint: 'import it with --calibrate',
    });
  }
  const source = resolve(name);
  const knowledge = { ...answers, outputs: record.answers.outputs };
  const { reading, guesses } = await readingForModel(source, options, record.preprocessing, knowledge);
  for (const line of guesses) process.stderr.write(`  ${printable(line)}\n`);
  const most = options.images === undefined ? {} : { most: options.images };
  const examples = await loadOwnExamples(source, reading, most);
  const { parameters, inputScale } = compileModel(model, { mode: options.mode, ring: ringFor(options) }).plan;
  return {
    data: { examples, source, reading, outputs: record.answers.outputs },
    profile: { parameters, inputScale },
  };
}

async function encrypt(name: string, options: EncryptOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  const signal = abortOnSignals();
  const blobs = await openBlobStore(owner);
  const { data, profile } = isOwnData(name)
    ? await ownDataFor(name, options, blobs)
    : await namedData(name, options, blobs, owner);
  const board = createProgressBoard();
  try {
    const request = { ...profile, ...data, mode: options.mode, encryptor: options.encryptor };
    const keys = options.keys ?? defaultKeysFolder(owner, profile.parameters);
    const { digest, manifest, seconds } = await encryptWithProgress(request, keys, { owner, blobs, signal, board });
    board.stop();
    const bytes = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
    const summary = { dataset: digest, images: manifest.images, shards: manifest.shards.length, bytes, seconds };
    process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `dataset  ${digest}\n`);
  } finally {
    board.stop();
  }
}

/** Signs datasets that this owner has a record of: nobody else's. */
async function sign(digests: readonly string[]): Promise<void> {
  const owner = loadOwnerConfiguration();
  const blobs = await openBlobStore(owner);
  const identity = await openOwnerIdentity(owner);
  for (const digest of digests) {
    await readDatasetRecord(owner.recordsFolder, digest);
    await fetchManifest(blobs, digest);
    const signer = await DATASET_OWNERS.sign(blobs, digest, identity);
    process.stdout.write(`dataset  ${digest}  signed by ${signer}\n`);
  }
}

/** The ring that is asked for, or that the encryptor needs: SEAL has its own only. Undefined where the planner may choose. */
export function ringFor({
  ring,
  encryptor,
}: {
  readonly ring?: RingName;
  readonly encryptor: EncryptorName;
}): RingName | undefined {
  return ring ?? (encryptor === 'seal' ? 'standard' : undefined);
}

/** The option that chooses who encrypts. */
export function encryptorOption(): Option {
  return new Option('--encryptor <name>', "ours, or SEAL's, a dozen times slower")
    .choices([...ENCRYPTOR_NAMES])
    .default('simd');
}

/** `dataset inspect`, `encode`, `train`, `encrypt` and `sign`. */
export function datasetCommand(roles: TrainingRoles): Command {
  const dataset = new Command('dataset').description('datasets of your own, and encrypted ones');
  dataset.addCommand(inspectCommand());
  dataset.addCommand(encodeCommand());
  dataset.addCommand(trainEncodedCommand(roles));
  const encrypting = dataset
    .command('encrypt')
    .description('encrypt a dataset into the blob store; prints its digest')
    .argument(
      '<name|file|folder>',
      `${NAMED_DATASETS.join(', ')}, a folder with IDX files, or own data: a table or images`,
    )
    .addOption(new Option('--profile <name>', 'parameter set').choices([...PROFILE_NAMES]).default('two-squares'))
    .addOption(ringOption("the profile's cheaper one, or what the model's plan takes"))
    .option('--for-model <digest>', "use this model's planned parameters and input transform", digestArgument)
    .addOption(new Option('--split <split>').choices(['train', 'test']).default('test'))
    .option('--images <n>', 'only the first n examples', integerBetween(1, 100_000_000))
    .option('--keys <folder>', 'folder of the key files (default: below CIPHERNET_DATA)', (folder) => resolve(folder))
    .addOption(modeOption('key to encrypt with'))
    .addOption(encryptorOption())
    .option('--json', 'print a JSON object', false);
  addOwnDataOptions(encrypting)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet dataset encrypt patients.csv --label diagnosis --for-model 91bc…\n  ciphernet dataset encrypt mnist\n  ciphernet dataset encrypt ./my-idx-files --keys ./keys --images 4096',
    )
    .action(encrypt);
  dataset
    .command('sign')
    .description('sign encrypted datasets of yours; those of this version are signed when they are encrypted')
    .argument('<digests...>', 'encrypted datasets', (text, before?: string[]) => [
      ...(before ?? []),
      digestArgument(text),
    ])
    .addHelpText(
      'after',
      '\nPrints the fingerprint by which workers accept your datasets (CIPHERNET_OWNERS).\n\nExamples:\n  ciphernet dataset sign 3f2a…',
    )
    .action(sign);
  return dataset;
}
