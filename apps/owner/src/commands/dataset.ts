import { DATASET_OWNERS, manifestFromBytes } from '@ciphernet/artifacts';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { type EncryptionMode, PROFILE_NAMES, type Profile, type RingName, profileNamed } from '@ciphernet/ckks';
import {
  Command,
  Option,
  abortOnSignals,
  createProgressBoard,
  digestArgument,
  integerBetween,
  ringOption,
} from '@ciphernet/command-line';
import { type InputTransform, NAMED_DATASETS, NO_TRANSFORM, loadDataset, takeExamples } from '@ciphernet/datasets';
import { ENCRYPTOR_NAMES, type EncryptorName } from '@ciphernet/keyring';
import { compileModel, loadModel } from '@ciphernet/models';
import { loadOwnerConfiguration, openOwnerIdentity, readDatasetRecord } from '@ciphernet/owner-records';
import { encryptWithProgress } from '../encryption.js';
import { defaultKeysFolder } from '../keys.js';

interface EncryptOptions {
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
  if (options.forModel === undefined) return { ...profileNamed(options.profile, ring), transform: NO_TRANSFORM };
  const model = await loadModel(blobs, options.forModel);
  const { parameters, inputScale } = compileModel(model, { mode: options.mode, ring }).plan;
  return { parameters, inputScale, transform: model.record.transform };
}

async function encrypt(name: string, options: EncryptOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  const signal = abortOnSignals();
  const full = await loadDataset(name, options.split, owner.datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  const blobs = await openBlobStore(owner);
  const profile = await chooseProfile(options, blobs);
  const board = createProgressBoard();
  try {
    const request = { ...profile, dataset, source: name, mode: options.mode, encryptor: options.encryptor };
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
    manifestFromBytes(await blobs.get(digest), `dataset ${digest.slice(0, 12)}`);
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

/** `dataset encrypt` and `dataset sign`. */
export function datasetCommand(): Command {
  const dataset = new Command('dataset').description('encrypted datasets');
  dataset
    .command('encrypt')
    .description('encrypt a dataset into the blob store; prints its digest')
    .argument('<name|folder>', `${NAMED_DATASETS.join(', ')}, or a folder with IDX files`)
    .addOption(new Option('--profile <name>', 'parameter set').choices([...PROFILE_NAMES]).default('two-squares'))
    .addOption(ringOption("the profile's cheaper one, or what the model's plan takes"))
    .option('--for-model <digest>', "use this model's planned parameters and input transform", digestArgument)
    .addOption(new Option('--split <split>').choices(['train', 'test']).default('test'))
    .option('--images <n>', 'only the first n images', integerBetween(1, 1_000_000))
    .option('--keys <folder>', 'folder of the key files (default: below CIPHERNET_DATA)')
    .addOption(new Option('--mode <mode>', 'key to encrypt with').choices(['public', 'symmetric']).default('public'))
    .addOption(encryptorOption())
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet dataset encrypt mnist\n  ciphernet dataset encrypt ./my-idx-files --keys ./keys --images 4096',
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
